variable "prefix" {
  description = "Begins the name of every parameter."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "class_sizes" {
  description = "The runner classes, as the functions read them."
  type = map(object({
    cpu      = number
    memory   = number
    capacity = list(string)
  }))
}

variable "github_token" {
  description = "GitHub's token. It reaches the parameter and nothing else. Null leaves what was written before."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.github_token != null || !lookup(local.due, "github_token", false)
    error_message = "github_pat is not set, but has to be written: by the first apply, and whenever github_pat_version or kms_key_arn changes. Set github_pat (TF_VAR_github_pat), or name a parameter that holds it: github_pat_parameter. With a GitHub App, set github_app instead."
  }
}

variable "github_token_version" {
  description = "Raise it to have another token written."
  type        = number
}

variable "github_token_parameter" {
  description = "Name of a parameter that holds the token already; null to have one made."
  type        = string
  default     = null
}

variable "github_app" {
  description = "Whether a GitHub App is used instead of the token."
  type        = bool
}

variable "github_app_key" {
  description = "The App's private key. It reaches the parameter and nothing else. Null leaves what was written before."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.github_app_key != null || !lookup(local.due, "github_app_key", false)
    error_message = "github_app_private_key is not set, but has to be written: by the first apply, and whenever github_app_private_key_version or kms_key_arn changes. Set github_app_private_key (TF_VAR_github_app_private_key), or name a parameter that holds it: github_app_private_key_parameter."
  }
}

variable "github_app_key_version" {
  description = "Raise it to have another key written."
  type        = number
}

variable "github_app_key_parameter" {
  description = "Name of a parameter that holds the key already; null to have one made."
  type        = string
  default     = null
}

variable "webhook_secret" {
  description = "The webhook's secret. It reaches the parameter and nothing else. Null leaves what was written before."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.webhook_secret != null || !lookup(local.due, "webhook_secret", false)
    error_message = "webhook_secret is not set, but has to be written: by the first apply, and whenever webhook_secret_version or kms_key_arn changes. Set webhook_secret (TF_VAR_webhook_secret), or name a parameter that holds it: webhook_secret_parameter."
  }
}

variable "webhook_secret_version" {
  description = "Raise it to have another secret written."
  type        = number
}

variable "webhook_secret_parameter" {
  description = "Name of a parameter that holds the secret already; null to have one made."
  type        = string
  default     = null
}

variable "webhook_secret_previous_parameter" {
  description = "Name of a parameter with the secret that was valid before and still is; null for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the secrets; null for the account's key of SSM."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
