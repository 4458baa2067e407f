variable "aws_region" {
  description = "Region that the fleet is in."
  type        = string
  default     = "us-east-1"
}

variable "max_retries" {
  description = "How often the provider repeats a call that failed; null for its own default."
  type        = number
  default     = null
}

variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
  default     = "mini"
}

variable "package_dir" {
  description = "Folder of what `make package` builds; null for build/ in the checkout."
  type        = string
  default     = null
}

variable "github_repo" {
  description = "Repository whose jobs get runners, OWNER/NAME."
  type        = string
}

variable "github_pat" {
  description = "Personal access token with Administration, read and write, on the repository. Needed by the first apply and to write another."
  type        = string
  ephemeral   = true
  default     = null
}

variable "webhook_secret" {
  description = "Secret that GitHub signs its webhooks with. Needed by the first apply and to write another."
  type        = string
  ephemeral   = true
  default     = null
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted."
  type        = bool
  default     = true
}
