variable "prefix" {
  description = "Prefix of the name of every parameter."
  type        = string
}

variable "here" {
  description = "Account ID, partition and Region of the resources."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "class_sizes" {
  description = "Runner classes in the format that the functions read."
  type = map(object({
    cpu      = number
    memory   = number
    capacity = list(string)
  }))
}

variable "github_token" {
  description = "GitHub token. It is written only to the parameter. null keeps the stored value."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.github_token != null || !lookup(local.due, "github_token", false)
    error_message = "github_pat is not set, but has to be written: by the first apply, and whenever github_pat_version or kms_key_arn changes. Set github_pat (TF_VAR_github_pat), or name a parameter that holds it: github_pat_parameter. With a GitHub App, set github_app instead."
  }
}

variable "github_token_version" {
  description = "Increase this number to replace the stored token."
  type        = number
}

variable "github_token_parameter" {
  description = "Name of an existing parameter that holds the token; null to create one."
  type        = string
  default     = null
}

variable "github_app" {
  description = "Whether the fleet uses a GitHub App instead of a token."
  type        = bool
}

variable "github_app_key" {
  description = "Private key of the GitHub App. It is written only to the parameter. null keeps the stored value."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.github_app_key != null || !lookup(local.due, "github_app_key", false)
    error_message = "github_app_private_key is not set, but has to be written: by the first apply, and whenever github_app_private_key_version or kms_key_arn changes. Set github_app_private_key (TF_VAR_github_app_private_key), or name a parameter that holds it: github_app_private_key_parameter."
  }
}

variable "github_app_key_version" {
  description = "Increase this number to replace the stored key."
  type        = number
}

variable "github_app_key_parameter" {
  description = "Name of an existing parameter that holds the key; null to create one."
  type        = string
  default     = null
}

variable "github_additional_parameters" {
  description = "Names of the existing parameters that hold the secrets of further credentials at GitHub."
  type        = list(string)
  default     = []

  validation {
    condition = !contains(var.github_additional_parameters, (var.github_app
      ? coalesce(var.github_app_key_parameter, "/${var.prefix}/github-app-key")
      : coalesce(var.github_token_parameter, "/${var.prefix}/github-token")
    ))
    error_message = "github_additional_credentials names the parameter of the first credential; allowed: other ones, since both would share GitHub's limits."
  }
}

variable "webhook_secret" {
  description = "Webhook secret. It is written only to the parameter. null keeps the stored value."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.webhook_secret != null || !lookup(local.due, "webhook_secret", false)
    error_message = "webhook_secret is not set, but has to be written: by the first apply, and whenever webhook_secret_version or kms_key_arn changes. Set webhook_secret (TF_VAR_webhook_secret), or name a parameter that holds it: webhook_secret_parameter."
  }
}

variable "webhook_secret_version" {
  description = "Increase this number to replace the stored secret."
  type        = number
}

variable "webhook_secret_parameter" {
  description = "Name of an existing parameter that holds the secret; null to create one."
  type        = string
  default     = null
}

variable "webhook_secret_previous_parameter" {
  description = "Name of an existing parameter that holds the previous webhook secret, which remains valid; null for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the secrets; null for the AWS managed key of SSM."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
