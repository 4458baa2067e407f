variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "here" {
  description = "Account ID, partition and Region of the resources."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "consumer_timeouts_seconds" {
  description = "Timeout in seconds of the function that reads each queue, by consumer. The visibility timeout is six times as long."
  type        = map(number)

  validation {
    condition     = toset(keys(var.consumer_timeouts_seconds)) == toset(["scheduler", "reconciler"])
    error_message = "consumer_timeouts_seconds holds ${join(", ", keys(var.consumer_timeouts_seconds))}; it must hold reconciler, scheduler."
  }

  # Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout": at most 12 hours.
  validation {
    condition     = alltrue([for seconds in values(var.consumer_timeouts_seconds) : seconds >= 1 && 6 * seconds <= 43200])
    error_message = "consumer_timeouts_seconds holds ${join(", ", values(var.consumer_timeouts_seconds))}; allowed: 1 to 7200, because the visibility timeout is six times as long and SQS allows at most 12 hours."
  }
}

variable "max_receives" {
  description = "Number of receives after which a message moves to the dead-letter queue. Each deferral counts as a receive."
  type        = number

  # A deferral lasts at most 15 minutes; SQS keeps a message for four days.
  validation {
    condition     = var.max_receives >= 97 && var.max_receives * 900 < 4 * 24 * 3600
    error_message = "max_receives is ${var.max_receives}; allowed: 97 (one more than 24 hours of 15-minute deferrals) to 383 (the retention of the queues)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the queues; null for keys that SQS owns."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
