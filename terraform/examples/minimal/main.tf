# The minimal configuration: one repository, a GitHub App or a personal access token, the account's default VPC.

provider "aws" {
  region      = var.aws_region
  max_retries = var.max_retries
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

resource "aws_security_group" "runners" {
  #checkov:skip=CKV_AWS_382:the operator decides which hosts jobs can reach
  #checkov:skip=CKV2_AWS_5:the functions launch tasks with this group
  name        = "${var.prefix}-runners"
  description = "Runners: all egress, no ingress"
  vpc_id      = data.aws_vpc.default.id

  egress {
    description = "Anywhere"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

module "fleet" {
  # Outside of the checkout: "git::https://github.com/ecs-runner-fleet/ecs-runner-fleet.git//terraform?ref=v0.1.0"
  source = "../.."

  prefix              = var.prefix
  package_dir         = var.package_dir
  deletion_protection = var.deletion_protection

  github_repo            = var.github_repo
  github_app             = var.github_app
  github_app_private_key = var.github_app_private_key
  github_pat             = var.github_pat
  webhook_secret         = var.webhook_secret

  github_app_private_key_parameter = var.github_app_private_key_parameter
  webhook_secret_parameter         = var.webhook_secret_parameter

  subnet_ids       = sort(data.aws_subnets.default.ids)
  security_groups  = [aws_security_group.runners.id]
  assign_public_ip = true # The default subnets are public.

  dashboard = false # It costs $3 a month, except for an account's first three.
}
