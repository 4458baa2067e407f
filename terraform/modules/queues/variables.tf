variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "consumer_timeouts_seconds" {
  description = "Timeout of the function that reads each queue, by consumer. A message in work is hidden for six times as long."
  type        = map(number)

  validation {
    condition     = toset(keys(var.consumer_timeouts_seconds)) == toset(["scheduler", "reconciler"])
    error_message = "consumer_timeouts_seconds holds ${join(", ", keys(var.consumer_timeouts_seconds))}; it must hold reconciler, scheduler."
  }

  # Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout": at most 12 hours.
  validation {
    condition     = alltrue([for seconds in values(var.consumer_timeouts_seconds) : seconds >= 1 && 6 * seconds <= 43200])
    error_message = "consumer_timeouts_seconds holds ${join(", ", values(var.consumer_timeouts_seconds))}; allowed: 1 to 7200, six times of which SQS can hide a message."
  }
}

variable "max_receives" {
  description = "After so many receives a message is dead. Each wait for a later attempt is one of them, too."
  type        = number

  # Waits are of at most 15 minutes; a message is kept for four days.
  validation {
    condition     = var.max_receives >= 97 && var.max_receives * 900 < 4 * 24 * 3600
    error_message = "max_receives is ${var.max_receives}; allowed: 97 (24 hours of waits of 15 minutes, and one) to 383, as long as the queues keep a message."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the queues; null for keys that SQS owns."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
