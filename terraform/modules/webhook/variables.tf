variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "ingest" {
  description = "The function that takes webhooks in: its name, the ARN by which it is invoked, and the version of it that this names, if it does."
  type        = object({ name = string, invoke_arn = string, qualifier = optional(string) })
}

variable "burst" {
  description = "Requests that may come at once before others are answered with 429."
  type        = number
}

variable "rate" {
  description = "Requests a second, in the long run, before others are answered with 429."
  type        = number
}

variable "log_retention_days" {
  description = "How long the access log is kept."
  type        = number
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the access log; null for CloudWatch's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
