# The dashboard: webhooks and launches, what waits or failed, repairs, queues, errors.
#
# What the functions did is counted from their logs by CloudWatch Logs Insights, because a metric is charged for every hour in which it is sent.
# Sources: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax" (widgets of type log); Amazon CloudWatch Logs User Guide, "Boolean,
# comparison, numeric, datetime, and other functions" (strcontains is 1 or 0) and "stats".

locals {
  source = { for name, function in var.functions : name => "SOURCE '/aws/lambda/${function}'" }

  # Lines of the logs by their message, in intervals of five minutes.
  counted = [
    {
      title    = "Webhooks"
      from     = ["ingest"]
      where    = "ispresent(status)"
      messages = { accepted = "accepted", ignored = "ignored", refused = "refused", failed = "failed" }
    },
    {
      title    = "Jobs"
      from     = ["ingest", "janitor"]
      where    = "ispresent(event_id)"
      messages = { queued = "JobQueued", started = "JobStarted", completed = "JobCompleted" }
    },
    {
      title    = "Launches"
      from     = ["scheduler", "janitor"]
      where    = "ispresent(event_id)"
      messages = { intended = "LaunchIntended", launched = "RunnerLaunched", failed = "LaunchFailed" }
    },
    {
      title    = "Jobs that wait for a slot, are rejected or given up"
      from     = ["scheduler", "ingest", "reconciler", "janitor"]
      where    = "ispresent(event_id)"
      messages = { wait = "SlotAwaited", rejected = "JobRejected", given_up = "JobGivenUp" }
    },
  ]

  queries = concat(
    [for one in local.counted : {
      title = one.title
      view  = "timeSeries"
      from  = one.from
      lines = [
        "filter ${one.where}",
        "stats ${join(", ", [for name, message in one.messages : "sum(strcontains(message, '${message}')) as ${name}"])} by bin(5m)",
      ]
    }],
    [
      {
        title = "What failed last"
        view  = "table"
        from  = ["scheduler", "ingest", "reconciler", "janitor"]
        lines = [
          "filter message in ['LaunchFailed', 'JobRejected', 'JobGivenUp', 'JobStuck'] or level = 'ERROR'",
          "sort @timestamp desc",
          "limit 20",
          "display @timestamp, message, job_id, reason",
        ]
      },
      {
        title = "What the Janitor found and repaired"
        view  = "table"
        from  = ["janitor"]
        lines = [
          "filter message = 'swept'",
          "stats sum(found) as what_it_found, sum(repaired) as what_it_repaired, sum(failed) as what_failed by sweep",
        ]
      },
      {
        title = "Remaining GitHub API requests this hour, the least"
        view  = "timeSeries"
        from  = ["scheduler", "reconciler", "janitor"]
        lines = ["filter message = 'rate limit of GitHub' and resource = 'core'", "stats min(remaining) by bin(5m)"]
      },
    ],
  )

  metrics = [
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

  widgets = concat(
    [for one in local.queries : {
      type = "log"
      properties = {
        title  = one.title
        region = var.here.region
        view   = one.view
        query  = join("\n| ", concat([for name in one.from : local.source[name]], one.lines))
      }
    }],
    [for one in local.metrics : {
      type = "metric"
      properties = {
        title   = one.title
        region  = var.here.region
        stat    = lookup(one, "stat", "Sum")
        period  = 300
        view    = "timeSeries"
        metrics = one.metrics
      }
    }],
  )
}

resource "aws_cloudwatch_dashboard" "fleet" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = [for place, widget in local.widgets : merge(
      widget,
      { x = 12 * (place % 2), y = 6 * floor(place / 2), width = 12, height = 6 },
    )]
  })
}
