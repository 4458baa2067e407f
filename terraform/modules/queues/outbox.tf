# The outbox: one pipe a queue, from the log's stream. These two are all the readers that a stream may have.
#
# A pipe decides nothing. Which queue an event nudges was said when it was appended, in the attribute `route`.
#
# A record that SQS refuses must not hold up its shard: it is given up after five tries or five minutes. Its place in the stream goes to the
# queue `undelivered`, the reason to the log group, and the Janitor drives its stream all the same.
# Source: Amazon EventBridge User Guide, "Amazon EventBridge Pipes error handling and troubleshooting"; Pipes API Reference,
# "PipeSourceDynamoDBStreamParameters" (by default a record is tried until it expires, after 24 hours).

resource "aws_pipes_pipe" "outbox" {
  for_each = local.consumers

  name        = "${var.prefix}-${each.key}-outbox"
  description = "Nudges the ${each.key} about new events"
  role_arn    = aws_iam_role.outbox[each.key].arn
  source      = var.stream_arn
  target      = aws_sqs_queue.consumer[each.key].arn

  source_parameters {
    dynamodb_stream_parameters {
      starting_position                  = "TRIM_HORIZON"
      batch_size                         = 10
      maximum_record_age_in_seconds      = 300
      maximum_retry_attempts             = 5
      on_partial_batch_item_failure      = "AUTOMATIC_BISECT"
      maximum_batching_window_in_seconds = 0

      dead_letter_config {
        arn = aws_sqs_queue.undelivered.arn
      }
    }

    filter_criteria {
      filter {
        pattern = jsonencode({
          eventName = ["INSERT"]
          dynamodb  = { NewImage = { route = { S = [each.key, "both"] } } }
        })
      }
    }
  }

  target_parameters {
    input_template = "{\"stream\": <$.dynamodb.NewImage.stream.S>, \"event\": <$.dynamodb.NewImage.id.S>}"

    sqs_queue_parameters {
      message_group_id         = "$.dynamodb.NewImage.stream.S"
      message_deduplication_id = "$.dynamodb.NewImage.id.S"
    }
  }

  # Without the events themselves: they would be a second copy of the log, with another retention.
  log_configuration {
    level = "ERROR"

    cloudwatch_logs_log_destination {
      log_group_arn = aws_cloudwatch_log_group.outbox.arn
    }
  }

  tags = var.tags

  # A pipe that may not read yet fails to start.
  depends_on = [aws_iam_role_policy.outbox, terraform_data.stream]
}

# Throttled, timed out, failed and partly failed executions, with what the target answered.
#
# AWS's log delivery writes to it, under a policy of the account that it makes itself; log groups with this beginning share one entry of it.
# Source: Amazon CloudWatch Logs User Guide, "Enable logging from AWS services".
resource "aws_cloudwatch_log_group" "outbox" {
  #checkov:skip=CKV_AWS_158:the key is the operator's choice, kms_key_arn
  #checkov:skip=CKV_AWS_338:how long logs are kept is the operator's choice, log_retention_days
  name              = "/aws/vendedlogs/pipes/${var.prefix}-outbox"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}

# A pipe checks at once that it may read the stream, which takes a minute or more longer to be there than its table; the provider does not
# wait for it. Source: hashicorp/terraform-provider-aws, issue 40572, where a wait of 90 seconds was too short.
resource "terraform_data" "stream" {
  count = var.stream_settle_seconds > 0 ? 1 : 0

  input            = { seconds = var.stream_settle_seconds }
  triggers_replace = var.stream_arn

  provisioner "local-exec" {
    command = "sleep ${self.input.seconds}"
  }

  depends_on = [aws_iam_role_policy.outbox]
}

resource "aws_iam_role" "outbox" {
  for_each = local.consumers

  name                 = "${var.prefix}-${each.key}-outbox"
  description          = "What the pipe to the ${each.key}'s queue may do"
  assume_role_policy   = data.aws_iam_policy_document.outbox_trust[each.key].json
  permissions_boundary = var.permissions_boundary_arn

  tags = var.tags
}

data "aws_iam_policy_document" "outbox_trust" {
  for_each = local.consumers

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["pipes.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.here.account_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${var.here.partition}:pipes:${var.here.region}:${var.here.account_id}:pipe/${var.prefix}-${each.key}-outbox"]
    }
  }
}

resource "aws_iam_role_policy" "outbox" {
  for_each = local.consumers

  name   = "outbox"
  role   = aws_iam_role.outbox[each.key].id
  policy = data.aws_iam_policy_document.outbox[each.key].json
}

data "aws_iam_policy_document" "outbox" {
  for_each = local.consumers

  statement {
    sid       = "ReadTheLogsStream"
    actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
    resources = [var.stream_arn]
  }

  statement {
    sid       = "Nudge"
    actions   = ["sqs:SendMessage"]
    resources = ["${local.sqs_arn}:${var.prefix}-${each.key}.fifo", "${local.sqs_arn}:${var.prefix}-undelivered"]
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
