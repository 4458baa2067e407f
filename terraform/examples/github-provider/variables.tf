variable "aws_region" {
  description = "Region of the fleet."
  type        = string
  default     = "us-east-1"
}

variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
  default     = "fleet"
}

variable "package_dir" {
  description = "Directory with the output of `make package`; null for build/ in the checkout."
  type        = string
  default     = null
}

variable "github_organization" {
  description = "Organization whose jobs get runners."
  type        = string
}

variable "github_repositories" {
  description = "Names of the repositories whose jobs get runners, each with a webhook of its own; empty for all repositories, by one webhook of the organization."
  type        = list(string)
  default     = []
}

variable "github_pat" {
  description = "Personal access token of the fleet. Required by the first apply and to replace the token."
  type        = string
  ephemeral   = true
  default     = null
}

variable "webhook_secret" {
  description = "Secret with which GitHub signs its webhooks. The GitHub provider stores it in the state."
  type        = string
  sensitive   = true
}

variable "subnet_ids" {
  description = "Subnets of the runners."
  type        = list(string)
}

variable "security_groups" {
  description = "Security groups of the runners."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Whether runners have public IP addresses, as public subnets require."
  type        = bool
  default     = false
}
