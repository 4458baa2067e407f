variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "ingest" {
  description = "Function that receives the webhooks: its name, its invoke ARN and, if the ARN is qualified, the version."
  type        = object({ name = string, invoke_arn = string, qualifier = optional(string) })
}

variable "burst" {
  description = "Burst limit of the API. Requests over it get status 429."
  type        = number
}

variable "rate" {
  description = "Rate limit of the API in requests per second. Requests over it get status 429."
  type        = number
}

variable "log_retention_days" {
  description = "Retention of the access log in days."
  type        = number
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the access log; null for CloudWatch's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
