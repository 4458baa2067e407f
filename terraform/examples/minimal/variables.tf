variable "aws_region" {
  description = "Region of the fleet."
  type        = string
  default     = "us-east-1"
}

variable "max_retries" {
  description = "Maximum number of retries of a failed API call by the provider; null for the provider's default."
  type        = number
  default     = null
}

variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
  default     = "mini"
}

variable "package_dir" {
  description = "Directory with the output of `make package`; null for build/ in the checkout."
  type        = string
  default     = null
}

variable "github_repo" {
  description = "Repository whose jobs get runners, OWNER/NAME."
  type        = string
}

variable "github_pat" {
  description = "Personal access token with the permission Administration, read and write, on the repository. Required by the first apply and to replace the token."
  type        = string
  ephemeral   = true
  default     = null
}

variable "webhook_secret" {
  description = "Secret with which GitHub signs its webhooks. Required by the first apply and to replace the secret."
  type        = string
  ephemeral   = true
  default     = null
}

variable "deletion_protection" {
  description = "Whether deletion protection is enabled for the tables."
  type        = bool
  default     = true
}
