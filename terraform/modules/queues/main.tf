# The consumers' queues with their dead-letter queues, and the queues for failed invocations and undelivered events.
#
# The queue policies are arguments of the queues. A separate policy resource changes the queue's attributes once more, and SQS takes up to a minute
# to apply a change.

locals {
  # A consumer, its queue and the route of its events have the same name.
  consumers = toset(["scheduler", "reconciler"])

  # Source: AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping": "at least six times".
  visibility_factor = 6

  # max_receives allows a nudge to wait for 30 hours. This is longer, and also the default of SQS.
  nudge_retention_seconds = 4 * 24 * 3600
  retention_seconds       = 14 * 24 * 3600

  events_arn = "arn:${var.here.partition}:events:${var.here.region}:${var.here.account_id}"
  sqs_arn    = "arn:${var.here.partition}:sqs:${var.here.region}:${var.here.account_id}"
}

resource "aws_sqs_queue" "consumer" {
  for_each = local.consumers

  name                       = "${var.prefix}-${each.key}.fifo"
  fifo_queue                 = true
  deduplication_scope        = "messageGroup"
  fifo_throughput_limit      = "perMessageGroupId"
  visibility_timeout_seconds = local.visibility_factor * var.consumer_timeouts_seconds[each.key]
  message_retention_seconds  = local.nudge_retention_seconds

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[each.key].arn
    maxReceiveCount     = var.max_receives
  })

  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  kms_master_key_id       = var.kms_key_arn

  tags = var.tags
}

resource "aws_sqs_queue" "dead" {
  for_each = local.consumers

  name                      = "${var.prefix}-${each.key}-dead.fifo"
  fifo_queue                = true
  message_retention_seconds = local.retention_seconds

  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  kms_master_key_id       = var.kms_key_arn

  tags = var.tags
}

# Lambda's records of asynchronous invocations that failed in every attempt.
resource "aws_sqs_queue" "failed_events" {
  name                      = "${var.prefix}-failed-events"
  message_retention_seconds = local.retention_seconds

  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  kms_master_key_id       = var.kms_key_arn

  tags = var.tags
}

# Records that the log's stream, events that a rule or the schedule, and notices that the outbox could not deliver.
resource "aws_sqs_queue" "undelivered" {
  name                      = "${var.prefix}-undelivered"
  message_retention_seconds = local.retention_seconds
  policy                    = data.aws_iam_policy_document.undelivered.json

  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  kms_master_key_id       = var.kms_key_arn

  tags = var.tags
}

data "aws_iam_policy_document" "undelivered" {
  statement {
    sid       = "RulesOfTheFleet"
    actions   = ["sqs:SendMessage"]
    resources = ["${local.sqs_arn}:${var.prefix}-undelivered"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.events_arn}:rule/${var.prefix}-*"]
    }
  }
}
