# A fleet for an organization whose webhook is made by Terraform's GitHub provider.

provider "aws" {
  region = var.aws_region
}

# Its token is in GITHUB_TOKEN. It needs Organization webhooks or, for single repositories, Webhooks, read and write.
provider "github" {
  owner = var.github_organization
}

locals {
  has_one_webhook = length(var.github_repositories) == 0
  webhook_events  = ["workflow_job"]
}

module "fleet" {
  # Outside of the checkout: "git::https://github.com/ecs-runner-fleet/ecs-runner-fleet.git//terraform?ref=v0.1.0"
  source = "../.."

  prefix      = var.prefix
  package_dir = var.package_dir

  github_organizations = [var.github_organization]
  github_repositories  = [for name in var.github_repositories : "${var.github_organization}/${name}"]
  github_pat           = var.github_pat
  webhook_secret       = var.webhook_secret

  subnet_ids       = var.subnet_ids
  security_groups  = var.security_groups
  assign_public_ip = var.assign_public_ip
}

resource "github_organization_webhook" "fleet" {
  count  = local.has_one_webhook ? 1 : 0
  events = local.webhook_events

  configuration {
    url          = module.fleet.webhook_url
    content_type = "json"
    secret       = var.webhook_secret
    insecure_ssl = false
  }
}

resource "github_repository_webhook" "fleet" {
  for_each   = toset(var.github_repositories)
  repository = each.value
  events     = local.webhook_events

  configuration {
    url          = module.fleet.webhook_url
    content_type = "json"
    secret       = var.webhook_secret
    insecure_ssl = false
  }
}
