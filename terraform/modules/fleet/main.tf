# The ECS cluster, and the base task definition from which the task definition of each image is derived.

locals {
  # shared/adapters/ecs.py overrides the container of this name.
  container = "runner"
  family    = "${var.prefix}-runner"
}

resource "aws_ecs_cluster" "runners" {
  #checkov:skip=CKV_AWS_65:it is billed per task, so the operator chooses by container_insights
  #checkov:skip=CKV_AWS_223:ECS Exec is not used: the task role has no permissions for it
  #checkov:skip=CKV_AWS_224:ECS Exec is not used: the task role has no permissions for it
  name = var.prefix

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }

  tags = var.tags
}

resource "aws_ecs_cluster_capacity_providers" "runners" {
  cluster_name       = aws_ecs_cluster.runners.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_cloudwatch_log_group" "runners" {
  #checkov:skip=CKV_AWS_158:the operator chooses the key by kms_key_arn
  #checkov:skip=CKV_AWS_338:the operator chooses the retention by log_retention_days
  name              = "/${var.prefix}/runners"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}

# Each launch overrides size and environment file. The smallest size is a placeholder.
#
# Old revisions stay active after a new one is registered: the log records launches with their revision, and a retry must find it.
resource "aws_ecs_task_definition" "runner" {
  #checkov:skip=CKV_AWS_336:jobs need a writable file system
  family                   = local.family
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  skip_destroy             = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = { x64 = "X86_64", arm64 = "ARM64" }[var.architecture]
  }

  # 20 GiB is Fargate's default. Fargate accepts only larger values as an explicit setting.
  dynamic "ephemeral_storage" {
    for_each = var.ephemeral_storage_gib > 20 ? [var.ephemeral_storage_gib] : []
    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  container_definitions = jsonencode([{
    name      = local.container
    image     = "${aws_ecr_repository.runners.repository_url}:${var.runner_image_tag}"
    essential = true

    # A soft limit. The runner can use all memory of its task, which its class defines.
    memoryReservation = 256

    # The maximum on Fargate. The runner needs the time to report a cancelled job to GitHub.
    stopTimeout = 120

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.runners.name
        awslogs-region        = var.here.region
        awslogs-stream-prefix = "runner"
      }
    }
  }])

  tags = var.tags
}
