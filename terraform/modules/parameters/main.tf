# The SSM parameters that the functions read at run time: the class sizes and the secrets. No state and no environment contains a secret.
#
# A secret is written once, and again only when its version or its KMS key changes. The parameter `written` records the versions and keys that were
# written last, without the secrets. A plan reads it and requires exactly the secrets that the apply would write.

locals {
  here = "${var.here.region}:${var.here.account_id}"

  # Source: AWS Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
  secrets_manager = "/aws/reference/secretsmanager/"

  names = merge({ for number, name in var.github_additional_parameters : "github_additional_${number}" => name }, {
    github_token            = var.github_app ? null : coalesce(var.github_token_parameter, "/${var.prefix}/github-token")
    github_app_key          = var.github_app ? coalesce(var.github_app_key_parameter, "/${var.prefix}/github-app-key") : null
    webhook_secret          = coalesce(var.webhook_secret_parameter, "/${var.prefix}/webhook-secret")
    webhook_secret_previous = var.webhook_secret_previous_parameter
  })

  secrets = { for key, name in local.names : key => {
    name = name
    arn  = "arn:${var.here.partition}:ssm:${local.here}:parameter/${trimprefix(name, "/")}"
    # Secrets Manager appends a hyphen and six characters to the name in a secret's ARN.
    secret_arn = (startswith(name, local.secrets_manager)
      ? "arn:${var.here.partition}:secretsmanager:${local.here}:secret:${trimprefix(name, local.secrets_manager)}-??????"
    : null)
  } if name != null }
}

data "aws_ssm_parameters_by_path" "written" {
  path = "/${var.prefix}/terraform"
}

locals {
  # The provider writes a secret when this value changes.
  to_write = { for name, version in {
    github_token   = !var.github_app && var.github_token_parameter == null ? var.github_token_version : null
    github_app_key = var.github_app && var.github_app_key_parameter == null ? var.github_app_key_version : null
    webhook_secret = var.webhook_secret_parameter == null ? var.webhook_secret_version : null
  } : name => "version ${version}, key ${coalesce(var.kms_key_arn, "of SSM")}" if version != null }

  # The provider writes the value only when this number changes, not after another change of the resource.
  write_versions = { for name, told in local.to_write : name => parseint(substr(sha256(told), 0, 7), 16) }

  recorded = nonsensitive(zipmap(
    data.aws_ssm_parameters_by_path.written.names,
    data.aws_ssm_parameters_by_path.written.values,
  ))
  written = jsondecode(lookup(local.recorded, "/${var.prefix}/terraform/written-secrets", "{}"))
  due     = { for name, told in local.to_write : name => lookup(local.written, name, "") != told }

  # A placeholder, because the provider rejects null. The provider does not write it while the number is the same. If it does, for example because
  # somebody has deleted the parameter, SSM rejects the value by the pattern: it is shorter than any secret.
  kept           = "kept"
  secret_pattern = "[\\s\\S]{16,}"
}

# Created after the secrets, so that it records only secrets that were written.
resource "aws_ssm_parameter" "written" {
  #checkov:skip=CKV2_AWS_34:not a secret: versions and the ID of a key
  name        = "/${var.prefix}/terraform/written-secrets"
  description = "Versions of the secrets of the fleet ${var.prefix} that Terraform has written"
  type        = "String"
  value       = jsonencode(local.to_write)

  tags = var.tags

  depends_on = [aws_ssm_parameter.github_token, aws_ssm_parameter.github_app_key, aws_ssm_parameter.webhook_secret]
}

resource "aws_ssm_parameter" "class_sizes" {
  #checkov:skip=CKV2_AWS_34:not a secret, and operators need to read it
  name        = "/${var.prefix}/class-sizes"
  description = "Runner classes of the fleet ${var.prefix}: CPU units, MiB, capacity providers in order"
  type        = "String"
  value       = jsonencode(var.class_sizes)

  tags = var.tags
}

resource "aws_ssm_parameter" "github_token" {
  #checkov:skip=CKV_AWS_337:the operator chooses the key by kms_key_arn
  count = !var.github_app && var.github_token_parameter == null ? 1 : 0

  name             = "/${var.prefix}/github-token"
  description      = "GitHub token of the fleet ${var.prefix}"
  type             = "SecureString"
  allowed_pattern  = local.secret_pattern
  key_id           = var.kms_key_arn
  value_wo         = var.github_token == null ? local.kept : var.github_token
  value_wo_version = local.write_versions["github_token"]

  tags = var.tags
}

resource "aws_ssm_parameter" "github_app_key" {
  #checkov:skip=CKV_AWS_337:the operator chooses the key by kms_key_arn
  count = var.github_app && var.github_app_key_parameter == null ? 1 : 0

  name             = "/${var.prefix}/github-app-key"
  description      = "Private key of the GitHub App of the fleet ${var.prefix}"
  type             = "SecureString"
  allowed_pattern  = local.secret_pattern
  key_id           = var.kms_key_arn
  value_wo         = var.github_app_key == null ? local.kept : var.github_app_key
  value_wo_version = local.write_versions["github_app_key"]

  tags = var.tags
}

resource "aws_ssm_parameter" "webhook_secret" {
  #checkov:skip=CKV_AWS_337:the operator chooses the key by kms_key_arn
  count = var.webhook_secret_parameter == null ? 1 : 0

  name             = "/${var.prefix}/webhook-secret"
  description      = "Webhook secret of the fleet ${var.prefix}"
  type             = "SecureString"
  allowed_pattern  = local.secret_pattern
  key_id           = var.kms_key_arn
  value_wo         = var.webhook_secret == null ? local.kept : var.webhook_secret
  value_wo_version = local.write_versions["webhook_secret"]

  tags = var.tags
}
