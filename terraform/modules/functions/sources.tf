# The triggers of the functions: the log's stream, the queues, AWS events on the default bus, the schedules. The module webhook contains the HTTP API.

# The outbox sends each new event that has a route to the queues of that route, and the notices of an event to the fleet's event bus.
#
# The function skips a record that can't become a message, so an invocation fails only if SQS or the function itself fails. Lambda then retries from
# the first failed record and bisects a batch that fails as a whole. After 15 minutes it discards the record and sends its position in the stream to the
# queue `undelivered`. The Janitor then drives the stream of that event.
# Source: AWS Lambda Developer Guide, "Lambda parameters for Amazon DynamoDB event source mappings".
resource "aws_lambda_event_source_mapping" "outbox" {
  event_source_arn                   = var.events_table.stream_arn
  function_name                      = local.invoked["outbox"].arn
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = 100
  maximum_batching_window_in_seconds = 0
  maximum_record_age_in_seconds      = 900
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]

  filter_criteria {
    # The filters use only the key dynamodb. AWS documents that a DynamoDB event source supports no other key, though examples filter by eventName.
    # A record passes if one filter matches. Source: AWS Lambda Developer Guide, "Using event filtering with a DynamoDB event source".
    filter {
      pattern = jsonencode({ dynamodb = { NewImage = { route = { S = [{ exists = true }] } } } })
    }

    filter {
      pattern = jsonencode({ dynamodb = { NewImage = { notices = { S = [{ exists = true }] } } } })
    }

    # Only a replaced or removed event has an old image, which should never happen. The outbox then sets off the alarm event-changed.
    filter {
      pattern = jsonencode({ dynamodb = { OldImage = { stream = { S = [{ exists = true }] } } } })
    }
  }

  destination_config {
    on_failure {
      destination_arn = var.undelivered.arn
    }
  }

  tags = var.tags

  # Lambda rejects a mapping to a stream that the function's role can't read.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_event_source_mapping" "consumer" {
  for_each = local.consumers

  event_source_arn        = var.queues[each.key].arn
  function_name           = local.invoked[each.key].arn
  batch_size              = var.consumers[each.key].batch_size
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.consumers[each.key].concurrency
  }

  tags = var.tags

  # Lambda rejects a mapping to a queue that the function's role can't read.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_function_event_invoke_config" "asynchronous" {
  for_each = local.asynchronous

  function_name                = local.invoked[each.key].name
  qualifier                    = local.invoked[each.key].qualifier
  maximum_retry_attempts       = each.value.attempts
  maximum_event_age_in_seconds = each.value.age_seconds

  destination_config {
    on_failure {
      destination = var.failed_events.arn
    }
  }

  depends_on = [aws_iam_role_policy.function]
}

locals {
  rules = merge(
    {
      # ECS reports each change of a task's state, and ingest uses two of them. A task that runs and is to stop is reported as RUNNING a second time,
      # with the desired status STOPPED. It is one rule with `$or`, since of two rules one alone could be disabled or lose its target.
      # Sources: Amazon EventBridge User Guide, "Comparison operators for use in event patterns", $or; Amazon ECS Developer Guide, "Amazon ECS task
      # lifecycle" and "Amazon ECS task state change events".
      task-events = {
        description = "Starts and ends of the tasks of the fleet ${var.prefix}"
        pattern = {
          source      = ["aws.ecs"]
          detail-type = ["ECS Task State Change"]
          detail = {
            clusterArn = [var.cluster.arn]
            "$or" = [
              { lastStatus = ["RUNNING"], desiredStatus = ["RUNNING"] },
              { lastStatus = ["STOPPED"] },
            ]
          }
        }
      }
    },
    var.build_project == null ? {} : {
      build-events = {
        description = "Completed image builds of the fleet ${var.prefix}"
        pattern = {
          source      = ["aws.codebuild"]
          detail-type = ["CodeBuild Build State Change"]
          detail = {
            project-name = [var.build_project]
            build-status = ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"]
          }
        }
      }
    },
  )
}

resource "aws_cloudwatch_event_rule" "ingest" {
  for_each = local.rules

  name          = "${var.prefix}-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "ingest" {
  for_each = local.rules

  rule      = aws_cloudwatch_event_rule.ingest[each.key].name
  target_id = "ingest"
  arn       = local.invoked["ingest"].arn

  retry_policy {
    maximum_event_age_in_seconds = 24 * 3600
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.undelivered.arn
  }
}

resource "aws_lambda_permission" "rule" {
  for_each = local.rules

  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  function_name = local.invoked["ingest"].name
  qualifier     = local.invoked["ingest"].qualifier
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.ingest[each.key].arn
}

resource "aws_scheduler_schedule" "janitor" {
  #checkov:skip=CKV_AWS_297:the input contains no secret; the operator chooses the key by kms_key_arn
  name                = "${var.prefix}-janitor"
  description         = "Runs the Janitor of the fleet ${var.prefix}"
  schedule_expression = var.janitor_schedule_expression
  kms_key_arn         = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.invoked["janitor"].arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ schedule = "${var.prefix}-janitor" }) # `ecsrunner queues` shows it for a failed run.

    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 2
    }

    dead_letter_config {
      arn = var.undelivered.arn
    }
  }
}

# A periodic empty batch keeps one execution environment warm of each function that a new job passes before its launch. Otherwise the first job after a
# pause waits for three cold starts, one after the other. AWS gives no guarantee for this; idle environments usually live for some minutes.
resource "aws_scheduler_schedule" "warm" {
  #checkov:skip=CKV_AWS_297:the input is empty; the operator chooses the key by kms_key_arn
  for_each = local.kept_warm

  name                = "${var.prefix}-${each.key}-warm"
  description         = "Keeps an environment of the function ${each.key} of the fleet ${var.prefix} warm"
  schedule_expression = "rate(4 minutes)"
  kms_key_arn         = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.invoked[each.key].arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ Records = [] })

    retry_policy {
      maximum_event_age_in_seconds = 60
      maximum_retry_attempts       = 0
    }
  }
}

resource "aws_iam_role" "schedule" {
  name                 = "${var.prefix}-schedule"
  description          = "Permissions of the schedules: to run the Janitor, to keep functions warm"
  assume_role_policy   = data.aws_iam_policy_document.schedule_trust.json
  permissions_boundary = var.permissions_boundary_arn

  tags = var.tags
}

data "aws_iam_policy_document" "schedule_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.here.account_id]
    }
  }
}

resource "aws_iam_role_policy" "schedule" {
  name   = "schedule"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid       = "RunTheFunctions"
    actions   = ["lambda:InvokeFunction"]
    resources = [for one in setunion(["janitor"], local.kept_warm) : local.invoked[one].arn]
  }

  statement {
    sid       = "KeepWhatCouldNotBeDelivered"
    actions   = ["sqs:SendMessage"]
    resources = [var.undelivered.arn]
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
