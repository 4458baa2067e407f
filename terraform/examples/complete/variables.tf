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
  default     = "fleet"
}

variable "package_dir" {
  description = "Folder of what `make package` builds; null for build/ in the checkout."
  type        = string
  default     = null
}

variable "github_organization" {
  description = "Organization whose jobs get runners."
  type        = string
}

variable "github_app" {
  description = "The GitHub App's id; null to use github_pat."
  type        = object({ id = string, installation_id = optional(number) })
  default     = null
}

variable "github_app_private_key" {
  description = "The App's private key, PEM."
  type        = string
  ephemeral   = true
  default     = null
}

variable "github_pat" {
  description = "Personal access token, where there is no App."
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

variable "alarm_email" {
  description = "Where alarms are sent to; null for nowhere."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = { project = "ecs-runner-fleet" }
}
