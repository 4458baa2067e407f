# The dashboard: what an operator asks first, then how the control plane is doing. The queries are in queries.tf.
#
# Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax": a grid of 24 columns.

locals {
  introduction = <<-EOT
    Fleet **${var.prefix}**. Counted from the functions' logs, so as far back as they are kept; durations and costs belong to the time at which a wait or a task ended.
    The present state: `ecsrunner --fleet ${var.prefix} status`. One job: `ecsrunner --fleet ${var.prefix} jobs why JOB_ID`. The same figures from the log of events: `ecsrunner --fleet ${var.prefix} stats --cost`.
  EOT

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

  logs = [for one in concat(local.answers, local.plumbing) : {
    type = "log"
    properties = {
      title  = one.title
      region = var.here.region
      view   = one.view
      query  = join("\n| ", concat([for name in one.from : local.source[name]], one.lines))
    }
  }]

  graphs = [for one in local.metrics : {
    type = "metric"
    properties = {
      title   = one.title
      region  = var.here.region
      stat    = lookup(one, "stat", "Sum")
      period  = 300
      view    = "timeSeries"
      metrics = one.metrics
    }
  }]

  introduced = 2 # Rows of the grid that the introduction takes.
}

resource "aws_cloudwatch_dashboard" "fleet" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = concat(
      [{ type = "text", x = 0, y = 0, width = 24, height = local.introduced, properties = { markdown = local.introduction } }],
      [for place, widget in concat(local.logs, local.graphs) : merge(
        widget,
        { x = 12 * (place % 2), y = local.introduced + 6 * floor(place / 2), width = 12, height = 6 },
      )],
    )
  })
}
