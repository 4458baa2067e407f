# The CloudWatch alarms. Each description states the problem and where to look.

locals {
  actions   = var.alarm_topic_arn[*]
  namespace = "EcsRunnerFleet" # The functions publish their metrics in this namespace.

  ours = { fleet = var.prefix } # This dimension separates fleets in the same account.

  # rate(5 minutes) -> 3 * 5 * 60 seconds. A cron expression can have any period, so one day.
  rate             = try(regex("^rate\\(([0-9]+) (minute|hour|day)s?\\)$", var.janitor_schedule_expression), ["1", "day"])
  janitor_interval = tonumber(local.rate[0]) * { minute = 60, hour = 3600, day = 86400 }[local.rate[1]]
  janitor_silence  = min(86400, 3 * local.janitor_interval)

  sums = merge(
    { for name, function in var.functions : "${name}-errors" => {
      description = "${name} fails. Check its log group /aws/lambda/${function}"
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = function }, threshold = 0, periods = name == "janitor" ? 2 : 1
    } },
    {
      # All functions share the account's concurrency. When it is used up, webhooks get status 503, which also sets off webhook-5xx.
      # A throttled consumer sets off oldest-message, a throttled Janitor janitor-silent. So only ingest has an alarm on throttles.
      ingest-throttles = {
        description = "ingest is throttled: the account's Lambda concurrency, or its own, is used up. Webhooks fail until the Janitor requests their redelivery"
        namespace   = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = var.functions.ingest }, threshold = 0, periods = 1
      }
      # Source: Amazon API Gateway Developer Guide, "Monitor CloudWatch metrics for HTTP APIs": 4xx and 5xx, dimension ApiId.
      webhook-5xx = {
        description = "Webhooks were answered with 5xx: the append failed, or ingest could not run. GitHub lists them as failed deliveries, from where they can be redelivered"
        namespace   = "AWS/ApiGateway", metric = "5xx", dimensions = { ApiId = var.api_id }, threshold = 0, periods = 1
      }
      # An HTTP API has no separate metric for status 429, and under heavy load not every throttled request is logged or counted. The threshold is
      # above the requests of a stray scanner and below those of a throttled burst or a wrong secret.
      # Source: the same guide, "Monitor HTTP APIs in API Gateway".
      webhook-4xx = {
        description = "More than ${var.refused_requests} requests in five minutes were answered with 4xx. The field status of the access log shows the reason: 429 webhook_throttle is too low, 401 the secrets differ, 404 an unknown path"
        namespace   = "AWS/ApiGateway", metric = "4xx", dimensions = { ApiId = var.api_id }, threshold = var.refused_requests, periods = 1
      }
      unreadable = {
        description = "A function ignored an event, a row or a message that can't be parsed. The field key in its log names it. `ecsrunner replay verify` lists all of them, `ecsrunner replay rebuild` repairs rows"
        namespace   = local.namespace, metric = "Unreadable", dimensions = local.ours, threshold = 0, periods = 1
      }
      launch-failures = {
        description = "Launches fail. `ecsrunner runners list` shows which ones, `ecsrunner runners history JOB_ID` the reason"
        namespace   = local.namespace, metric = "LaunchFailed", dimensions = local.ours, threshold = var.launch_failures, periods = 1
      }
      circuit-opened = {
        description = "The circuit breaker has opened after consecutive failed launches. Other launches wait"
        namespace   = local.namespace, metric = "CircuitOpened", dimensions = local.ours, threshold = 0, periods = 1
      }
      nudge-skipped = {
        description = "The outbox skipped a record of the log's stream that could not become a message or that SQS rejected permanently. The log group /aws/lambda/${var.functions.outbox} names its stream"
        namespace   = local.namespace, metric = "NudgeSkipped", dimensions = local.ours, threshold = 0, periods = 1
      }
      event-changed = {
        description = "An event of the log was replaced or removed, which the fleet never does. The log group /aws/lambda/${var.functions.outbox} contains the old event. docs/threat-model.md lists who has the permission"
        namespace   = local.namespace, metric = "EventChanged", dimensions = local.ours, threshold = 0, periods = 1
      }
      nudges-lost = {
        description = "The Janitor launches runners. It does so after an outage of GitHub; else the scheduler gets no nudges: check the log group /aws/lambda/${var.functions.outbox} and the queue ${var.consumer_queues.scheduler}"
        namespace   = local.namespace, metric = "JanitorLaunches", dimensions = local.ours, threshold = 0, periods = 3
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

# Nudges are late: the outbox fails, is throttled, or does not keep up. Errors of the function have a separate alarm.
# Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions" (IteratorAge, in milliseconds).
resource "aws_cloudwatch_metric_alarm" "outbox_late" {
  alarm_name          = "${var.prefix}-outbox-late"
  alarm_description   = "New events have waited for the outbox for more than a minute, so jobs start late. Check its log group /aws/lambda/${var.functions.outbox}"
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
  alarm_description   = "The queue ${each.value} contains messages. `ecsrunner queues` shows them"
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
  alarm_description   = "A nudge has been in ${each.value} for more than ${var.oldest_message_seconds} s. Either the ${each.key} does not keep up, or a job waits for capacity, which `ecsrunner runners list` shows"
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
  alarm_description   = "The Janitor has not run for ${local.janitor_silence} s. Check the schedule ${var.prefix}-janitor"
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

resource "aws_cloudwatch_metric_alarm" "runner_version_ends" {
  alarm_name          = "${var.prefix}-runner-version-ends"
  alarm_description   = "GitHub stops assigning jobs to runner version ${var.runner_version} in less than ${var.runner_version_days_left} days, by its own schedule. Update runner_version"
  namespace           = local.namespace
  metric_name         = "RunnerVersionDaysLeft"
  dimensions          = local.ours
  statistic           = "Minimum"
  period              = 86400 # The Janitor publishes the metric at least once a day while an end is scheduled.
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = var.runner_version_days_left
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "runner_version" {
  alarm_name          = "${var.prefix}-runner-version"
  alarm_description   = "Runner version ${var.runner_version}, released on ${var.runner_version_released}, is more than ${var.runner_version_days} days old. GitHub stops assigning jobs to old versions. Update runner_version"
  namespace           = local.namespace
  metric_name         = "RunnerVersionAgeDays"
  dimensions          = local.ours
  statistic           = "Maximum"
  period              = 86400 # The Janitor publishes the metric at least once a day.
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.runner_version_days
  treat_missing_data  = "ignore"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}
