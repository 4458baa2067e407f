# What the functions read when they run: the class sizes, and the secrets, which are in no state and in no environment.

locals {
  here = "${var.here.region}:${var.here.account_id}"

  # Source: AWS Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
  secrets_manager = "/aws/reference/secretsmanager/"

  names = {
    github_token            = var.github_app ? null : coalesce(var.github_token_parameter, "/${var.prefix}/github-token")
    github_app_key          = var.github_app ? coalesce(var.github_app_key_parameter, "/${var.prefix}/github-app-key") : null
    webhook_secret          = coalesce(var.webhook_secret_parameter, "/${var.prefix}/webhook-secret")
    webhook_secret_previous = var.webhook_secret_previous_parameter
  }

  secrets = { for key, name in local.names : key => {
    name = name
    arn  = "arn:${var.here.partition}:ssm:${local.here}:parameter/${trimprefix(name, "/")}"
    # The six characters are Secrets Manager's own, at the end of every secret's ARN.
    secret_arn = (startswith(name, local.secrets_manager)
      ? "arn:${var.here.partition}:secretsmanager:${local.here}:secret:${trimprefix(name, local.secrets_manager)}-??????"
    : null)
  } if name != null }
}

resource "aws_ssm_parameter" "class_sizes" {
  #checkov:skip=CKV2_AWS_34:it is no secret, and people are to read it
  name        = "/${var.prefix}/class-sizes"
  description = "Runner classes of the fleet ${var.prefix}: CPU units, MiB, capacity providers in order"
  type        = "String"
  value       = jsonencode(var.class_sizes)

  tags = var.tags
}

resource "aws_ssm_parameter" "github_token" {
  #checkov:skip=CKV_AWS_337:the key is the operator's choice, kms_key_arn
  count = !var.github_app && var.github_token_parameter == null ? 1 : 0

  name             = "/${var.prefix}/github-token"
  description      = "GitHub token of the fleet ${var.prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.github_token
  value_wo_version = var.github_token_version

  tags = var.tags
}

resource "aws_ssm_parameter" "github_app_key" {
  #checkov:skip=CKV_AWS_337:the key is the operator's choice, kms_key_arn
  count = var.github_app && var.github_app_key_parameter == null ? 1 : 0

  name             = "/${var.prefix}/github-app-key"
  description      = "Private key of the GitHub App of the fleet ${var.prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.github_app_key
  value_wo_version = var.github_app_key_version

  tags = var.tags
}

resource "aws_ssm_parameter" "webhook_secret" {
  #checkov:skip=CKV_AWS_337:the key is the operator's choice, kms_key_arn
  count = var.webhook_secret_parameter == null ? 1 : 0

  name             = "/${var.prefix}/webhook-secret"
  description      = "Webhook secret of the fleet ${var.prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.webhook_secret
  value_wo_version = var.webhook_secret_version

  tags = var.tags
}
