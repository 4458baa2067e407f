# Where runners run: the cluster, and the task definition from which that of every image is made.

locals {
  # Named in shared/adapters/ecs.py, which overrides it.
  container = "runner"
  family    = "${var.prefix}-runner"
}

resource "aws_ecs_cluster" "runners" {
  #checkov:skip=CKV_AWS_65:it costs by the task, so it is the operator's choice, container_insights
  #checkov:skip=CKV_AWS_223:nobody executes commands in a runner: the task role can do nothing
  #checkov:skip=CKV_AWS_224:nobody executes commands in a runner: the task role can do nothing
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
  #checkov:skip=CKV_AWS_158:the key is the operator's choice, kms_key_arn
  #checkov:skip=CKV_AWS_338:how long logs are kept is the operator's choice, log_retention_days
  name              = "/${var.prefix}/runners"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}

# Size and environment file are overridden at each launch; the smallest size stands for any.
#
# An old revision stays when a new one is made: launches are recorded with the revision that they use, and a retry must find it.
resource "aws_ecs_task_definition" "runner" {
  #checkov:skip=CKV_AWS_336:a job writes where it likes, as on any runner
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

  # Fargate gives 20 GiB, and refuses to be asked for them.
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

    # A reservation bounds nothing: the runner has what its class gives the task.
    memoryReservation = 256

    # The most that Fargate gives: the runner reports a cancelled job to GitHub.
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
