variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "here" {
  description = "Account ID, partition and Region of the resources."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "source_zip" {
  description = "Path of the zip of runner/, the source of the image builds."
  type        = string
}

variable "bucket" {
  description = "Name and ARN of the bucket for the source zip."
  type        = object({ name = string, arn = string })
}

variable "repository" {
  description = "Name, ARN and URL of the repository of the runner images."
  type        = object({ name = string, arn = string, url = string })
}

variable "architecture" {
  description = "CPU architecture of the runners, as GitHub names it: x64 or arm64."
  type        = string
}

variable "runner_version" {
  description = "Version of the GitHub Actions runner."
  type        = string
}

variable "runner_sha256" {
  description = "SHA-256 checksum of the GitHub Actions runner for the architecture; null for the checksum in runner/versions.env."
  type        = string
  default     = null
}

variable "runner_download_url" {
  description = "Base URL of the archives of the GitHub Actions runner: GitHub's releases or a mirror."
  type        = string
}

variable "buildkit_image" {
  description = "Image of BuildKit, which compresses runner images with zstd; null to build with Docker and compress with gzip."
  type        = string
  default     = null
}

variable "timeout_minutes" {
  description = "Timeout of a build in minutes."
  type        = number
}

variable "max_at_once" {
  description = "Maximum number of concurrent builds; null for the account's quota."
  type        = number
  default     = null
}

variable "log_retention_days" {
  description = "Retention of the build logs in days."
  type        = number
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the bucket and the logs; null for AWS's own keys."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the role; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
