# The consumers' queues with their dead letters, and the queues of what could not be delivered at all.
#
# Policies stand in the queues themselves: a policy of its own costs one more change of attributes, which SQS takes a minute to show.

locals {
  # A consumer has the name of its queue and of the route of the events that nudge it.
  consumers = toset(["scheduler", "reconciler"])

  # Source: AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping": "at least six times".
  visibility_factor = 6

  # A nudge may wait for as long as max_receives allows, which is 30 hours; this is more, and also SQS's default.
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

# Lambda's records of asynchronous invocations that failed on every try.
resource "aws_sqs_queue" "failed_events" {
  name                      = "${var.prefix}-failed-events"
  message_retention_seconds = local.retention_seconds

  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  kms_master_key_id       = var.kms_key_arn

  tags = var.tags
}

# What the log's stream, a rule or the schedule could not hand over.
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
