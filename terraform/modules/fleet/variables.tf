variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "runner_image_tag" {
  description = "Tag of the image, in the fleet's repository, of the base task definition."
  type        = string
}

variable "architecture" {
  description = "Processors of the runners, as GitHub names them: x64 or arm64."
  type        = string
}

variable "ephemeral_storage_gib" {
  description = "Disk of a runner, in GiB."
  type        = number
}

variable "container_insights" {
  description = "Whether the cluster has Container Insights."
  type        = bool
}

variable "log_retention_days" {
  description = "How long the runners' output is kept."
  type        = number
}

variable "force_delete" {
  description = "Whether the repository may be deleted with images in it."
  type        = bool
}

variable "kms_key_arn" {
  description = "KMS key that encrypts bucket, images and logs; null for AWS's own."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the roles; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
