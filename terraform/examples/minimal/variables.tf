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

variable "github_app" {
  description = "ID of the GitHub App, as `ecsrunner github create-app` prints it; null to use github_pat."
  type        = object({ id = string, installation_id = optional(number) })
  default     = null
}

variable "github_app_private_key" {
  description = "Private key of the GitHub App, in PEM format; null to use github_app_private_key_parameter."
  type        = string
  ephemeral   = true
  default     = null
}

variable "github_app_private_key_parameter" {
  description = "Name of the parameter that holds the App's private key, as `ecsrunner github create-app` prints it."
  type        = string
  default     = null
}

variable "github_pat" {
  description = "Personal access token to use instead of a GitHub App, with the permission Administration, read and write, on the repository. Required by the first apply and to replace the token."
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

variable "webhook_secret_parameter" {
  description = "Name of the parameter that holds the webhook secret, as `ecsrunner github create-app` prints it; null to use webhook_secret."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether deletion protection is enabled for the tables."
  type        = bool
  default     = true
}
