# The permissions of each function: exactly the actions that its code uses, on the fleet's own resources.
#
# Each role combines some of the documents below. The Janitor drives streams as the consumers do, so its role includes theirs.

locals {
  here = "${var.here.region}:${var.here.account_id}"
  arn  = "arn:${var.here.partition}"

  documents = {
    ingest = [
      data.aws_iam_policy_document.log.json,
      data.aws_iam_policy_document.count.json,
      data.aws_iam_policy_document.hand_over.json,
      data.aws_iam_policy_document.webhook_secrets.json,
      data.aws_iam_policy_document.failures.json,
    ]
    outbox = [data.aws_iam_policy_document.nudge.json]
    scheduler = concat([
      data.aws_iam_policy_document.log.json,
      data.aws_iam_policy_document.count.json,
      data.aws_iam_policy_document.consume["scheduler"].json,
      data.aws_iam_policy_document.drive.json,
      data.aws_iam_policy_document.launch.json,
    ], data.aws_iam_policy_document.make_images[*].json)
    reconciler = concat([
      data.aws_iam_policy_document.log.json,
      data.aws_iam_policy_document.count.json,
      data.aws_iam_policy_document.hand_over.json,
      data.aws_iam_policy_document.consume["reconciler"].json,
      data.aws_iam_policy_document.drive.json,
      data.aws_iam_policy_document.consequences.json,
    ], data.aws_iam_policy_document.watch_images[*].json)
    janitor = concat([
      data.aws_iam_policy_document.log.json,
      data.aws_iam_policy_document.count.json,
      data.aws_iam_policy_document.hand_over.json,
      data.aws_iam_policy_document.drive.json,
      data.aws_iam_policy_document.launch.json,
      data.aws_iam_policy_document.consequences.json,
      data.aws_iam_policy_document.sweep.json,
      data.aws_iam_policy_document.failures.json,
    ], data.aws_iam_policy_document.make_images[*].json, data.aws_iam_policy_document.watch_images[*].json)
  }

  # A parameter can refer to a secret in Secrets Manager. The function then reads both.
  webhook_references = compact([for secret in var.webhook_secrets : secret.secret_arn])
  github_references  = compact([for secret in var.github_secrets : secret.secret_arn])
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name                 = "${var.prefix}-${each.key}"
  description          = "Permissions of the function ${var.prefix}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn

  tags = var.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = each.key
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "function" {
  #checkov:skip=CKV_AWS_356:X-Ray's actions have no resource-level permissions
  #checkov:skip=CKV_AWS_111:X-Ray's actions have no resource-level permissions
  for_each = local.functions

  source_policy_documents = local.documents[each.key]

  statement {
    sid       = "LeaveTheRecordAlone"
    effect    = "Deny"
    actions   = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PartiQLDelete", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem"]
    resources = [var.events_table.arn]
  }

  statement {
    sid       = "WriteTheLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${local.here}:log-group:/aws/lambda/${var.prefix}-${each.key}:*"]
  }

  dynamic "statement" {
    for_each = var.tracing ? [1] : []
    content {
      sid       = "Trace"
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"] # These actions have no resource-level permissions.
    }
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "EncryptAndDecrypt"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

# Lambda reads the stream with the function's role. The only resource of ListStreams is the stream.
# Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", execution role.
data "aws_iam_policy_document" "nudge" {
  statement {
    sid       = "ReadTheLogsStream"
    actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
    resources = [var.events_table.stream_arn]
  }

  statement {
    sid       = "Nudge"
    actions   = ["sqs:SendMessage"]
    resources = concat([for queue in var.queues : queue.arn], [var.undelivered.arn])
  }

  statement {
    sid       = "NotifySubscribers"
    actions   = ["events:PutEvents"]
    resources = [var.event_bus.arn]
  }
}

# All other functions read streams and append to them. An append is one transaction of puts on both tables.
data "aws_iam_policy_document" "log" {
  statement {
    sid       = "ReadStreams"
    actions   = ["dynamodb:Query"]
    resources = [var.events_table.arn]
  }

  statement {
    sid       = "Append"
    actions   = ["dynamodb:PutItem"]
    resources = [var.events_table.arn, var.runners_table.arn]
  }
}

data "aws_iam_policy_document" "webhook_secrets" {
  statement {
    sid       = "ReadTheWebhooksSecrets"
    actions   = ["ssm:GetParameters"]
    resources = var.webhook_secrets[*].arn
  }

  dynamic "statement" {
    for_each = length(local.webhook_references) > 0 ? [local.webhook_references] : []
    content {
      sid       = "FollowTheReference"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }
}

# An append changes the counter of slots in the same transaction. Each part of a transaction needs the permission for its own action.
# Source: Amazon DynamoDB Developer Guide, "Using IAM with DynamoDB transactions".
data "aws_iam_policy_document" "count" {
  statement {
    sid       = "ReadAndChangeTheCounter"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
    resources = [var.runners_table.arn]
  }
}

# The slot of a runner that has ended goes to the job that has waited longest.
data "aws_iam_policy_document" "hand_over" {
  statement {
    sid       = "FindWhoWaits"
    actions   = ["dynamodb:Query"]
    resources = ["${var.runners_table.arn}/index/by_arrival"]
  }
}

# The functions that drive streams read the class sizes and call GitHub.
data "aws_iam_policy_document" "drive" {
  statement {
    sid       = "ReadClassSizesAndGitHubsSecrets"
    actions   = ["ssm:GetParameters"]
    resources = concat([var.class_sizes.arn], var.github_secrets[*].arn)
  }

  dynamic "statement" {
    for_each = length(local.github_references) > 0 ? [local.github_references] : []
    content {
      sid       = "FollowTheReference"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }
}

data "aws_iam_policy_document" "failures" {
  statement {
    sid       = "KeepWhatFailed"
    actions   = ["sqs:SendMessage"]
    resources = [var.failed_events.arn]
  }
}

data "aws_iam_policy_document" "consume" {
  for_each = local.consumers

  statement {
    sid       = "ConsumeNudges"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [var.queues[each.key].arn]
  }
}

data "aws_iam_policy_document" "launch" {
  statement {
    sid       = "WriteEnvironmentFiles"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${var.bucket.arn}/*.env"]
  }

  statement {
    sid       = "LearnThatAFileIsMissing" # Without this permission S3 answers 403 instead of 404.
    actions   = ["s3:ListBucket"]
    resources = [var.bucket.arn]
  }

  statement {
    sid     = "RunTasks"
    actions = ["ecs:RunTask"]
    # If the fleet builds images, each image has its own task definition. Otherwise only the base one exists.
    resources = ["${local.arn}:ecs:${local.here}:task-definition/${var.task_family}${var.build_project == null ? "" : "-*"}:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster.arn]
    }
  }

  # Allows tags in RunTask only. A running task can't be tagged.
  # Source: Amazon ECS Developer Guide, "Grant permission to tag resources on creation".
  statement {
    sid       = "TagTasks"
    actions   = ["ecs:TagResource"]
    resources = ["${local.arn}:ecs:${local.here}:task/${var.cluster.name}/*"]

    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RunTask"]
    }
  }

  statement {
    sid       = "GiveTasksTheirRoles"
    actions   = ["iam:PassRole"]
    resources = [var.task_roles.execution, var.task_roles.task]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# The effects of the reconciler: stopping tasks, sending nudges.
data "aws_iam_policy_document" "consequences" {
  statement {
    sid       = "StopAndDescribeTasks"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = ["${local.arn}:ecs:${local.here}:task/${var.cluster.name}/*"]
  }
}

data "aws_iam_policy_document" "make_images" {
  #checkov:skip=CKV_AWS_356:the two actions on task definitions have no resource-level permissions
  count = var.build_project == null ? 0 : 1

  statement {
    sid       = "FindImages"
    actions   = ["ecr:DescribeImages"]
    resources = [var.repository.arn]
  }

  statement {
    sid       = "StartBuilds"
    actions   = ["codebuild:StartBuild"]
    resources = ["${local.arn}:codebuild:${local.here}:project/${var.build_project}"]
  }

  statement {
    sid       = "MakeTaskDefinitions"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"] # These actions have no resource-level permissions. iam:PassRole limits the roles of a task definition.
  }

  statement {
    sid       = "TagTaskDefinitions"
    actions   = ["ecs:TagResource"]
    resources = ["${local.arn}:ecs:${local.here}:task-definition/${var.task_family}-*:*"]

    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RegisterTaskDefinition"]
    }
  }
}

data "aws_iam_policy_document" "watch_images" {
  count = var.build_project == null ? 0 : 1

  statement {
    sid       = "ConfirmImages"
    actions   = ["ecr:DescribeImages"]
    resources = [var.repository.arn]
  }

  statement {
    sid       = "DeleteUnusedImages"
    actions   = ["ecr:BatchDeleteImage"]
    resources = [var.repository.arn]
  }

  statement {
    sid       = "WatchBuilds"
    actions   = ["codebuild:BatchGetBuilds", "codebuild:StopBuild"]
    resources = ["${local.arn}:codebuild:${local.here}:project/${var.build_project}"]
  }
}

data "aws_iam_policy_document" "sweep" {
  #checkov:skip=CKV_AWS_356:a condition limits ecs:ListTasks to the cluster
  statement {
    sid       = "FindWhatIsDue"
    actions   = ["dynamodb:Query"]
    resources = ["${var.runners_table.arn}/index/by_deadline", "${var.runners_table.arn}/index/by_status"]
  }

  # The checkpoints of sweeps are beside the rows.
  statement {
    sid       = "ReadCheckpoints"
    actions   = ["dynamodb:GetItem"]
    resources = [var.runners_table.arn]
  }

  statement {
    sid       = "ListTasks"
    actions   = ["ecs:ListTasks"]
    resources = ["*"] # The resource type of this action is a container instance, which Fargate does not have.

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster.arn]
    }
  }

  statement {
    sid       = "LookAtDeadLetters"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:ReceiveMessage"]
    resources = [for queue in var.dead_letters : queue.arn]
  }
}
