variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "here" {
  description = "Account ID, partition and Region of the resources."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "runner_image_tag" {
  description = "Tag, in the fleet's repository, of the image of the base task definition."
  type        = string
}

variable "architecture" {
  description = "CPU architecture of the runners, as GitHub names it: x64 or arm64."
  type        = string
}

variable "ephemeral_storage_gib" {
  description = "Ephemeral storage of a runner, in GiB."
  type        = number
}

variable "container_insights" {
  description = "Whether Container Insights is enabled for the cluster."
  type        = bool
}

variable "log_retention_days" {
  description = "Retention of the runners' logs in days."
  type        = number
}

variable "force_delete" {
  description = "Whether Terraform can delete the repository while it contains images."
  type        = bool
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts bucket, images and logs; null for AWS's own keys."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the roles; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
