# The execution role, with which ECS starts a task, and the task role, with which a job runs. The task role has no permissions.

data "aws_iam_policy_document" "task_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.here.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${var.here.partition}:ecs:${var.here.region}:${var.here.account_id}:*"]
    }
  }
}

resource "aws_iam_role" "task" {
  name                 = "${var.prefix}-task"
  description          = "Task role of runners. Jobs run untrusted code with it, so it must have no permissions"
  assume_role_policy   = data.aws_iam_policy_document.task_trust.json
  permissions_boundary = var.permissions_boundary_arn

  tags = var.tags
}

resource "aws_iam_role" "execution" {
  name                 = "${var.prefix}-execution"
  description          = "Execution role of runners"
  assume_role_policy   = data.aws_iam_policy_document.task_trust.json
  permissions_boundary = var.permissions_boundary_arn

  tags = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "execution" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken has no resource-level permissions
  statement {
    sid       = "ReadTheEnvironmentFile"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.configs.arn}/*.env"]
  }

  statement {
    sid       = "FindTheEnvironmentFile"
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.configs.arn]
  }

  statement {
    sid       = "PullTheImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.runners.arn]
  }

  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # This action has no resource-level permissions.
  }

  statement {
    sid       = "WriteTheRunnersOutput"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.runners.arn}:*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "Decrypt"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}
