variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "deletion_protection" {
  description = "Whether deletion protection is enabled for the tables."
  type        = bool
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the tables; null for the key that DynamoDB owns."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
