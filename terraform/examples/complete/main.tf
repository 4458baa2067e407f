# The complete configuration: a VPC, alarms by email, Fargate Spot first, images that jobs can choose.

provider "aws" {
  region      = var.aws_region
  max_retries = var.max_retries

  default_tags {
    tags = var.tags
  }
}

module "fleet" {
  # Outside of the checkout: "git::https://github.com/ecs-runner-fleet/ecs-runner-fleet.git//terraform?ref=v0.1.0"
  source = "../.."

  prefix              = var.prefix
  package_dir         = var.package_dir
  deletion_protection = var.deletion_protection

  github_organizations   = [var.github_organization]
  github_app             = var.github_app
  github_app_private_key = var.github_app_private_key
  github_pat             = var.github_pat
  webhook_secret         = var.webhook_secret

  github_app_private_key_parameter = var.github_app_private_key_parameter
  webhook_secret_parameter         = var.webhook_secret_parameter

  subnet_ids       = aws_subnet.private[*].id
  security_groups  = [aws_security_group.runners.id]
  assign_public_ip = false

  runner_class_sizes = {
    small  = { cpu = 512, memory = 1024 }
    medium = { cpu = 1024, memory = 4096 }
    large  = { cpu = 4096, memory = 16384, capacity = ["FARGATE"] }
  }
  capacity_providers = ["FARGATE_SPOT", "FARGATE"]

  default_image = "public.ecr.aws/docker/library/ubuntu:24.04"
  allowed_images = [
    "public.ecr.aws/docker/library/ubuntu:*",
    "public.ecr.aws/docker/library/debian:*",
    "public.ecr.aws/amazonlinux/amazonlinux:2023*",
  ]

  max_runners        = 200
  runner_ttl_seconds = 4 * 3600
  log_retention_days = 90
  tracing            = true
  alarm_topic_arn    = one(aws_sns_topic.alarms[*].arn)
  tags               = var.tags
}

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch can't publish to a topic that is encrypted with the AWS managed key of SNS; alarms contain no secret
  count = var.alarm_email == null ? 0 : 1
  name  = "${var.prefix}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
