# The queries of the dashboard, which CloudWatch Logs Insights runs on the functions' logs whenever somebody looks.
#
# What the functions did is counted from their logs, because a metric is charged for every hour in which it is sent (ADR 29, ADR 33). The fields are
# those of shared/measures.py and of the log lines in functions/; tests/judges/test_dashboard.py holds each query to lines that the functions wrote.
# Sources: Amazon CloudWatch Logs User Guide, "CloudWatch Logs Insights query language"; "stats" (a line chart needs bin() as the only group);
# "Boolean, comparison, numeric, datetime, and other functions" (strcontains is 1 or 0).

locals {
  source    = { for name, function in var.functions : name => "SOURCE '/aws/lambda/${function}'" }
  appending = ["ingest", "scheduler", "reconciler", "janitor"] # These append events to the log of events.
  by_time   = "by bin(5m)"

  # List prices of Fargate (Linux) of us-east-1 in US dollars by architecture, as in cli/analysis/prices.toml, which names their source. FARGATE_SPOT
  # costs a varying part of them.
  list_prices = {
    x64   = { vcpu_hour = 0.04048, gb_hour = 0.004445, spot_ratio = 0.35 }
    arm64 = { vcpu_hour = 0.03238, gb_hour = 0.00356, spot_ratio = 0.35 }
  }
  prices = coalesce(var.fargate_prices, local.list_prices[var.architecture])
  priced = var.fargate_prices == null ? "list prices of us-east-1" : "the prices of fargate_prices"

  # What an operator asks first: the questions of `ecsrunner stats` and `status`.
  answers = [
    {
      title = "Queue time by class: from queued at GitHub to started (s)"
      view  = "table"
      from  = local.appending
      lines = [
        "filter ispresent(queue_seconds)",
        "stats count(*) as jobs, pct(queue_seconds, 50) as p50, pct(queue_seconds, 95) as p95 by class_name",
        "sort class_name asc",
      ]
    },
    {
      title = "Launch time by class: from the recorded webhook to a running task (s)"
      view  = "table"
      from  = local.appending
      lines = [
        "filter ispresent(launch_seconds)",
        "stats count(*) as launches, pct(launch_seconds, 50) as p50, pct(launch_seconds, 95) as p95 by class_name",
        "sort class_name asc",
      ]
    },
    {
      title = "Queue and launch time of all classes (s)"
      view  = "timeSeries"
      from  = local.appending
      lines = [
        "filter ispresent(queue_seconds) or ispresent(launch_seconds)",
        join(" ", [
          "stats pct(queue_seconds, 50) as queue_p50, pct(queue_seconds, 95) as queue_p95,",
          "pct(launch_seconds, 50) as launch_p50, pct(launch_seconds, 95) as launch_p95 ${local.by_time}",
        ]),
      ]
    },
    {
      title = "Live runners, those that wait to be launched, and max_runners"
      view  = "timeSeries"
      from  = ["janitor"]
      lines = [
        "filter message = 'live runners'",
        join(" ", [
          "stats max(running) as most_running, max(idle) as most_idle, max(launching) as most_launching,",
          "max(waiting) as most_waiting, max(max_runners) as most_allowed ${local.by_time}",
        ]),
      ]
    },
    {
      title = "Failures by kind"
      view  = "timeSeries"
      from  = local.appending
      lines = [
        "filter ispresent(failure)",
        "stats ${join(", ", [
          for kind in ["launch failed", "no capacity", "held back", "task failed", "refused", "given up"] :
          "sum(strcontains(failure, '${kind}')) as ${replace(kind, " ", "_")}"
        ])} ${local.by_time}",
      ]
    },
    {
      title = "What failed last"
      view  = "table"
      from  = local.appending
      lines = [
        "filter ispresent(failure) or message = 'JobStuck' or level = 'ERROR'",
        "sort @timestamp desc",
        "limit 20",
        "display @timestamp, message, failure, job_id, reason",
      ]
    },
    {
      title = "Circuit breaker: opened, closed, launches that wait for it"
      view  = "timeSeries"
      from  = local.appending
      lines = [
        "filter ispresent(circuit)",
        "stats ${join(", ", [
          for change in ["opened", "closed", "waiting"] : "sum(strcontains(circuit, '${change}')) as circuit_${change}"
        ])} ${local.by_time}",
      ]
    },
    {
      title = "Webhooks that were lost, whose content was read from GitHub; failed deliveries that were requested again"
      view  = "timeSeries"
      from  = local.appending
      lines = [
        "filter ispresent(lost_queued) or ispresent(lost_in_progress) or ispresent(lost_completed) or sweep = 'FailedDeliveries'",
        join(" ", [
          "stats sum(lost_queued) as queued, sum(lost_in_progress) as in_progress, sum(lost_completed) as completed,",
          "sum(repaired) as requested_again ${local.by_time}",
        ]),
      ]
    },
    {
      title = "Image builds by base: number, failed, duration (s)"
      view  = "table"
      from  = local.appending
      lines = [
        "filter ispresent(build)",
        join(" ", [
          "stats count(*) as builds, sum(strcontains(build, 'failed')) as failed_builds,",
          "pct(build_seconds, 50) as p50, pct(build_seconds, 95) as p95 by base",
        ]),
        "sort builds desc",
      ]
    },
    {
      title = "Estimated cost of ended tasks by class, at ${local.priced} (USD)"
      view  = "table"
      from  = local.appending
      lines = [
        "filter ispresent(billed_seconds)",
        "fields billed_seconds / 3600 as hours",
        "fields hours * cpu / 1024 as vcpu_hours, hours * memory / 1024 as gb_hours",
        "fields vcpu_hours * ${local.prices.vcpu_hour} + gb_hours * ${local.prices.gb_hour} as on_demand",
        "fields on_demand - on_demand * ${1 - local.prices.spot_ratio} * strcontains(capacity, 'SPOT') as cost",
        "stats count(*) as tasks, sum(hours) as task_hours, sum(cost) as dollars by class_name, capacity",
        "sort dollars desc",
      ]
    },
  ]

  # Lines by their message.
  counted = [
    {
      title    = "Answers to webhooks"
      from     = ["ingest"]
      where    = "ispresent(status)"
      messages = { accepted = "accepted", ignored = "ignored", refused = "refused", failed = "failed" }
    },
    {
      title    = "Jobs that were queued, started and completed"
      from     = ["ingest", "reconciler", "janitor"]
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
      from     = local.appending
      where    = "ispresent(event_id)"
      messages = { wait = "SlotAwaited", rejected = "JobRejected", given_up = "JobGivenUp" }
    },
  ]

  # How the control plane is doing.
  plumbing = concat(
    [for one in local.counted : {
      title = one.title
      view  = "timeSeries"
      from  = one.from
      lines = [
        "filter ${one.where}",
        "stats ${join(", ", [for name, message in one.messages : "sum(strcontains(message, '${message}')) as ${name}"])} ${local.by_time}",
      ]
    }],
    [
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
        lines = ["filter message = 'rate limit of GitHub' and resource = 'core'", "stats min(remaining) ${local.by_time}"]
      },
    ],
  )
}
