variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "source_zip" {
  description = "Path of the zip of runner/, which images are built from."
  type        = string
}

variable "bucket" {
  description = "Name and ARN of the bucket that holds it."
  type        = object({ name = string, arn = string })
}

variable "repository" {
  description = "Name, ARN and URL of the repository of the runner images."
  type        = object({ name = string, arn = string, url = string })
}

variable "architecture" {
  description = "Processors of the runners, as GitHub names them: x64 or arm64."
  type        = string
}

variable "runner_version" {
  description = "Version of GitHub's runner."
  type        = string
}

variable "runner_sha256" {
  description = "SHA-256 of GitHub's runner for the architecture; null for the one that the recipe knows."
  type        = string
  default     = null
}

variable "runner_download_url" {
  description = "URL under which the archives of GitHub's runner are: that of its releases, or of a mirror."
  type        = string
}

variable "timeout_minutes" {
  description = "How long a build may take."
  type        = number
}

variable "max_at_once" {
  description = "How many builds may run at once; null for the account's quota."
  type        = number
  default     = null
}

variable "log_retention_days" {
  description = "How long the builds' output is kept."
  type        = number
}

variable "kms_key_arn" {
  description = "KMS key of the bucket and the logs; null for AWS's own."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the role; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
