# The alarms: each says what is wrong and where to look.

locals {
  actions   = var.alarm_topic_arn[*]
  namespace = "EcsRunnerFleet" # As the functions say.

  # What tells one function's metrics from another's, and this fleet's from another's in the account.
  ours = { for name, _ in var.functions : name => { service = name, fleet = var.prefix } }

  # rate(5 minutes) -> 3 * 5 * 60 seconds; a cron expression may mean any time, so a day.
  rate             = try(regex("^rate\\(([0-9]+) (minute|hour|day)s?\\)$", var.janitor_schedule_expression), ["1", "day"])
  janitor_interval = tonumber(local.rate[0]) * { minute = 60, hour = 3600, day = 86400 }[local.rate[1]]
  janitor_silence  = min(86400, 3 * local.janitor_interval)

  sums = merge(
    { for name, function in var.functions : "${name}-errors" => {
      description = "${name} fails. Look into its log: /aws/lambda/${function}"
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = function }, threshold = 0, periods = name == "janitor" ? 2 : 1
    } },
    { for name in ["ingest", "scheduler", "reconciler", "janitor"] : "${name}-unreadable" => {
      description = "${name} left out an event, a row or a message that can't be read: the field key of its log /aws/lambda/${var.functions[name]} names it. `ecsrunner replay verify` names all of them, `ecsrunner replay rebuild` repairs rows"
      namespace   = local.namespace, metric = "Unreadable", dimensions = local.ours[name], threshold = 0, periods = 1
    } },
    {
      # The account's concurrency serves all functions. Where it is used up, a webhook is answered with 503, and that shows as webhook-5xx too;
      # a throttled consumer shows as oldest-message, a throttled Janitor as janitor-silent: one alarm on the cause is enough.
      ingest-throttles = {
        description = "ingest is throttled: the account's Lambda concurrency, or its own, is used up. Webhooks are lost until the Janitor has them redelivered"
        namespace   = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = var.functions.ingest }, threshold = 0, periods = 1
      }
      # Source: Amazon API Gateway Developer Guide, "Monitor CloudWatch metrics for HTTP APIs": 4xx and 5xx, dimension ApiId.
      webhook-5xx = {
        description = "Webhooks were answered with 5xx: the append failed, or ingest could not run. GitHub lists them as failed deliveries, from where they can be redelivered"
        namespace   = "AWS/ApiGateway", metric = "5xx", dimensions = { ApiId = var.api_id }, threshold = 0, periods = 1
      }
      # There is no metric of 429 alone, and for very many API Gateway may make neither logs nor metrics: so the threshold is one that a stray
      # scanner does not reach and a throttled burst or a wrong secret does. Source: the same guide, "Monitor HTTP APIs in API Gateway".
      webhook-4xx = {
        description = "Over ${var.refused_requests} requests in five minutes were answered with 4xx. The field status of the access log says which: 429 webhook_throttle is too low, 401 the secrets differ, 404 a stranger"
        namespace   = "AWS/ApiGateway", metric = "4xx", dimensions = { ApiId = var.api_id }, threshold = var.refused_requests, periods = 1
      }
      launch-failures = {
        description = "Launches fail. `ecsrunner runners list` shows which, `ecsrunner runners history JOB_ID` why"
        namespace   = local.namespace, metric = "LaunchFailed", dimensions = local.ours.scheduler, threshold = var.launch_failures, periods = 1
      }
      circuit-opened = {
        description = "So many launches have failed in a row that the others wait"
        namespace   = local.namespace, metric = "CircuitOpened", dimensions = local.ours.reconciler, threshold = 0, periods = 1
      }
      nudge-skipped = {
        description = "A record of the log's stream could not become a message, or SQS refused it for good. The log /aws/lambda/${var.functions.outbox} names its stream"
        namespace   = local.namespace, metric = "NudgeSkipped", dimensions = local.ours.outbox, threshold = 0, periods = 1
      }
      event-changed = {
        description = "Somebody replaced or removed an event of the log, which nothing of the fleet ever does. The log /aws/lambda/${var.functions.outbox} has the event as it was; docs/threat-model.md says who could have done it"
        namespace   = local.namespace, metric = "EventChanged", dimensions = local.ours.outbox, threshold = 0, periods = 1
      }
      nudges-lost = {
        description = "The Janitor launches for jobs of which the scheduler does not hear. Look at the log /aws/lambda/${var.functions.outbox} and the queue ${var.consumer_queues.scheduler}"
        namespace   = local.namespace, metric = "LaunchIntended", dimensions = local.ours.janitor, threshold = 0, periods = 3
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "sum" {
  for_each = local.sums

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

# Nudges are late: the outbox fails, is throttled, or does not keep up. Errors of the function have an alarm of their own.
# Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions" (IteratorAge, in milliseconds).
resource "aws_cloudwatch_metric_alarm" "outbox_late" {
  alarm_name          = "${var.prefix}-outbox-late"
  alarm_description   = "New events have waited over a minute for the outbox, so jobs start late. Look into its log: /aws/lambda/${var.functions.outbox}"
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  dimensions          = { FunctionName = var.functions.outbox }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60000
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead" {
  for_each = var.dead_queues

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = "There are messages in ${each.value}. `ecsrunner queues` shows them"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "oldest" {
  for_each = var.consumer_queues

  alarm_name          = "${var.prefix}-${each.key}-oldest-message"
  alarm_description   = "A nudge has been in ${each.value} for over ${var.oldest_message_seconds} s: either the ${each.key} does not keep up, or a job has waited so long for capacity, which `ecsrunner runners list` shows"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.oldest_message_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "janitor_silent" {
  alarm_name          = "${var.prefix}-janitor-silent"
  alarm_description   = "The Janitor has not run for ${local.janitor_silence} s. Look at the schedule ${var.prefix}-janitor"
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = var.functions.janitor }
  statistic           = "Sum"
  period              = local.janitor_silence
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "runner_version" {
  alarm_name          = "${var.prefix}-runner-version"
  alarm_description   = "Runner ${var.runner_version}, of ${var.runner_version_released}, is over ${var.runner_version_days} days old; GitHub stops giving jobs to old versions. Raise runner_version"
  namespace           = local.namespace
  metric_name         = "RunnerVersionAgeDays"
  dimensions          = local.ours.janitor
  statistic           = "Maximum"
  period              = 86400 # The Janitor need not send it more often than once a day.
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.runner_version_days
  treat_missing_data  = "ignore"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}
