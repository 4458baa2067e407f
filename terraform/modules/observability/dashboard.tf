# The dashboard: webhooks and events, launches and queues, errors.

locals {
  widgets = [
    {
      title = "Webhooks"
      metrics = [for result in ["Accepted", "Ignored", "Refused", "Failed"] :
        [local.namespace, "Webhook${result}", "service", "ingest", "fleet", var.prefix, { label = lower(result) }]
      ]
    },
    {
      title = "Launches"
      metrics = concat(
        [for event in ["LaunchIntended", "RunnerLaunched", "LaunchFailed"] : [local.namespace, event, "service", "scheduler", "fleet", var.prefix]],
        [[local.namespace, "CircuitOpened", "service", "reconciler", "fleet", var.prefix]],
      )
    },
    {
      title = "Jobs that are rejected, wait or are given up"
      metrics = concat(
        [for event in ["JobRejected", "SlotAwaited"] : [local.namespace, event, "service", "scheduler", "fleet", var.prefix]],
        [[local.namespace, "JobGivenUp", "service", "reconciler", "fleet", var.prefix]],
      )
    },
    {
      title   = "Remaining GitHub API requests this hour"
      stat    = "Minimum"
      metrics = [for service in ["scheduler", "reconciler", "janitor"] : [local.namespace, "GitHubRateLimitRemaining", "service", service, "fleet", var.prefix, { label = service }]]
    },
    {
      title = "Repairs by the Janitor"
      metrics = [for sweep in ["Deadlines", "VanishedTasks", "OrphanTasks", "GhostRegistrations", "AwaitedImages", "UnusedImages", "WaitingJobs", "PostponedLaunches", "LongWaits", "FailedDeliveries", "JobsAtGitHub", "RunnerVersion", "DeadLetters"] :
        [local.namespace, "${sweep}Repaired", "service", "janitor", "fleet", var.prefix, { label = sweep }]
      ]
    },
    {
      title   = "Oldest nudge (s)"
      stat    = "Maximum"
      metrics = [for name, queue in var.consumer_queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue, { label = name }]]
    },
    {
      title   = "Dead letters"
      stat    = "Maximum"
      metrics = [for name, queue in var.dead_queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { label = name }]]
    },
    {
      title   = "Function errors"
      metrics = [for name, function in var.functions : ["AWS/Lambda", "Errors", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Function throttles"
      metrics = [for name, function in var.functions : ["AWS/Lambda", "Throttles", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Function duration, p95 (ms)"
      stat    = "p95"
      metrics = [for name, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function, { label = name }]]
    },
    {
      title   = "HTTP API"
      metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", var.api_id]]
    },
    {
      title   = "Age of the records that the outbox reads (ms)"
      stat    = "Maximum"
      metrics = [["AWS/Lambda", "IteratorAge", "FunctionName", var.functions.outbox]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "fleet" {
  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = [for place, widget in local.widgets : {
      type   = "metric"
      x      = 12 * (place % 2)
      y      = 6 * floor(place / 2)
      width  = 12
      height = 6
      properties = {
        title   = widget.title
        region  = var.here.region
        stat    = lookup(widget, "stat", "Sum")
        period  = 300
        view    = "timeSeries"
        metrics = widget.metrics
      }
    }]
  })
}
