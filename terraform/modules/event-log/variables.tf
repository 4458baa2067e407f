variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the tables refuse to be deleted."
  type        = bool
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the tables; null for the key that DynamoDB owns."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
