# What each function may do, read off the policy documents themselves.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  prefix = "fleet"
  here   = { account_id = "111122223333", partition = "aws", region = "eu-central-1" }

  environments                = { ingest = {}, outbox = {}, scheduler = {}, reconciler = {}, janitor = {} }
  timeouts                    = { ingest = 29, outbox = 60, scheduler = 120, reconciler = 60, janitor = 240 }
  memory_mib                  = 512
  janitor_schedule_expression = "rate(1 minute)"
  consumers                   = { scheduler = { batch_size = 1, concurrency = 20 }, reconciler = { batch_size = 5, concurrency = 10 } }
  reserved_concurrency        = {}
  snap_start                  = false
  log_level                   = "INFO"
  log_retention_days          = 30

  events_table  = { name = "fleet-events", arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/fleet-events", stream_arn = "arn:stream" }
  runners_table = { name = "fleet-runners", arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/fleet-runners" }
  queues = {
    scheduler  = { name = "fleet-scheduler.fifo", arn = "arn:aws:sqs:eu-central-1:111122223333:fleet-scheduler.fifo", url = "https://scheduler" }
    reconciler = { name = "fleet-reconciler.fifo", arn = "arn:aws:sqs:eu-central-1:111122223333:fleet-reconciler.fifo", url = "https://reconciler" }
  }
  dead_letters = {
    scheduler  = { name = "fleet-scheduler-dead.fifo", arn = "arn:aws:sqs:eu-central-1:111122223333:fleet-scheduler-dead.fifo", url = "https://scheduler-dead" }
    reconciler = { name = "fleet-reconciler-dead.fifo", arn = "arn:aws:sqs:eu-central-1:111122223333:fleet-reconciler-dead.fifo", url = "https://reconciler-dead" }
  }
  failed_events = { name = "fleet-failed-events", arn = "arn:aws:sqs:eu-central-1:111122223333:fleet-failed-events", url = "https://failed" }
  undelivered   = { name = "fleet-undelivered", arn = "arn:aws:sqs:eu-central-1:111122223333:fleet-undelivered", url = "https://undelivered" }

  cluster         = { name = "fleet", arn = "arn:aws:ecs:eu-central-1:111122223333:cluster/fleet" }
  task_family     = "fleet-runner"
  task_roles      = { execution = "arn:aws:iam::111122223333:role/fleet-execution", task = "arn:aws:iam::111122223333:role/fleet-task" }
  bucket          = { name = "fleet-configs-1", arn = "arn:aws:s3:::fleet-configs-1" }
  repository      = { name = "fleet-runner", arn = "arn:aws:ecr:eu-central-1:111122223333:repository/fleet-runner", url = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/fleet-runner" }
  build_project   = "fleet-runner-image"
  event_bus       = { name = "fleet", arn = "arn:aws:events:eu-central-1:111122223333:event-bus/fleet" }
  class_sizes     = { name = "/fleet/class-sizes", arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/fleet/class-sizes" }
  github_secrets  = [{ name = "/fleet/github-token", arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/fleet/github-token", secret_arn = null }]
  webhook_secrets = [{ name = "/fleet/webhook-secret", arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/fleet/webhook-secret", secret_arn = null }]
}

run "each_function_may_do_what_its_code_does_and_no_more" {
  command = plan

  module {
    source = "./modules/functions"
  }

  # Ingest appends and reads the webhooks secret and nothing more.
  assert {
    condition = toset(flatten([for one in jsondecode(data.aws_iam_policy_document.function["ingest"].json).Statement : one.Action if one.Effect == "Allow"])) == toset([
      "dynamodb:Query", "dynamodb:PutItem", "ssm:GetParameters", "sqs:SendMessage",
      "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ])
    error_message = "Ingest may do something else."
  }

  assert {
    condition     = !strcontains(data.aws_iam_policy_document.function["ingest"].json, "github-token")
    error_message = "Ingest may read GitHub's token."
  }

  assert {
    condition     = !strcontains(join("", [for name in ["scheduler", "reconciler", "janitor"] : data.aws_iam_policy_document.function[name].json]), "webhook-secret")
    error_message = "A function other than ingest may read the webhook's secret."
  }

  # IAM takes 10,240 characters of a role's policies, white space aside.
  assert {
    condition     = alltrue([for document in values(data.aws_iam_policy_document.function) : length(replace(document.json, "/\\s/", "")) < 8000])
    error_message = "A policy is too long, or will be with a longer prefix."
  }

  # Nobody may change or remove what is recorded.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement :
      !anytrue([for action in flatten([one.Action]) : can(regex("dynamodb:(Update|Delete|BatchWrite|PartiQL)", action))])
      if one.Effect == "Allow" && contains(flatten([one.Resource]), var.events_table.arn)
    ]]))
    error_message = "A function may change the log."
  }

  # The counter is changed and nothing else of the projection is updated or deleted but by putting rows.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement : flatten([one.Resource]) == [var.runners_table.arn] && one.Sid == "ReadAndChangeTheCounter"
      if one.Effect == "Allow" && anytrue([for action in flatten([one.Action]) : can(regex("dynamodb:(Update|Delete|ConditionCheck|BatchWrite|PartiQL)", action))])
    ]]))
    error_message = "A function may update or delete something other than rows."
  }

  assert {
    condition = alltrue([for document in values(data.aws_iam_policy_document.function) : anytrue([
      for one in jsondecode(document.json).Statement : one.Effect == "Deny" && contains(flatten([one.Action]), "dynamodb:UpdateItem") && contains(flatten([one.Action]), "dynamodb:DeleteItem") && one.Resource == var.events_table.arn
    ])])
    error_message = "A function is not denied to change the log."
  }

  # Only what has no resource is allowed on all.
  assert {
    condition = length(setsubtract(toset(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement : one.Action if contains(flatten([one.Resource]), "*")
      ]])), [
      "xray:PutTelemetryRecords", "xray:PutTraceSegments", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition", "ecs:ListTasks",
    ])) == 0
    error_message = "Something that has a resource is allowed on all."
  }

  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement : !anytrue([for action in flatten([one.Action]) : strcontains(action, "*")])
    ]]))
    error_message = "An action is a pattern."
  }

  assert {
    condition     = toset([for name, document in data.aws_iam_policy_document.function : name if strcontains(document.json, "events:PutEvents")]) == toset(["reconciler", "janitor"])
    error_message = "Who may put events on the bus is not who sends notices."
  }

  # Roles are passed to tasks only and no other role is.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement :
      toset(flatten([one.Resource])) == toset(values(var.task_roles)) && one.Condition.StringEquals["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
      if contains(flatten([one.Action]), "iam:PassRole")
    ]]))
    error_message = "Another role may be passed, or to another service."
  }

  assert {
    condition     = toset([for name, document in data.aws_iam_policy_document.function : name if strcontains(document.json, "iam:PassRole")]) == toset(["scheduler", "janitor"])
    error_message = "Who may pass roles is not who launches."
  }

  # Tasks are run in the fleets cluster from the fleets definitions.
  assert {
    condition = alltrue([for one in jsondecode(data.aws_iam_policy_document.launch.json).Statement :
      one.Condition.ArnEquals["ecs:cluster"] == var.cluster.arn && alltrue([for arn in flatten([one.Resource]) : strcontains(arn, ":task-definition/fleet-runner")])
      if contains(flatten([one.Action]), "ecs:RunTask")
    ])
    error_message = "A task may run elsewhere or from another definition."
  }

  # Tags are given to tasks and definitions as they are made and never later.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement :
      contains(["RunTask", "RegisterTaskDefinition"], one.Condition.StringEquals["ecs:CreateAction"])
      if contains(flatten([one.Action]), "ecs:TagResource")
    ]]))
    error_message = "A resource that is there already may be tagged."
  }

  assert {
    condition = toset([for name, document in data.aws_iam_policy_document.function : name if anytrue([
      for one in jsondecode(document.json).Statement :
      contains(flatten([one.Action]), "ecs:TagResource") && flatten([one.Resource]) == ["arn:aws:ecs:eu-central-1:111122223333:task/fleet/*"]
    ])]) == toset(["scheduler", "janitor"])
    error_message = "Who may tag tasks is not who launches."
  }

  # Rules see the fleets own cluster and project.
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.ingest["task-events"].event_pattern).detail.clusterArn == [var.cluster.arn]
    error_message = "Tasks of other clusters come too."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.ingest["build-events"].event_pattern).detail["project-name"] == ["fleet-runner-image"]
    error_message = "Builds of other projects come too."
  }

  assert {
    condition     = alltrue([for target in values(aws_cloudwatch_event_target.ingest) : one(target.dead_letter_config).arn == var.undelivered.arn])
    error_message = "An event that can't be delivered is lost."
  }

  # Messages fail one by one and events have somewhere to go.
  assert {
    condition     = alltrue([for mapping in values(aws_lambda_event_source_mapping.consumer) : contains(mapping.function_response_types, "ReportBatchItemFailures")])
    error_message = "A batch fails as a whole."
  }

  assert {
    condition     = alltrue([for config in values(aws_lambda_function_event_invoke_config.asynchronous) : one(one(config.destination_config).on_failure).destination == var.failed_events.arn])
    error_message = "An invocation that failed is lost."
  }

  assert {
    condition     = alltrue([for function in values(aws_lambda_function.this) : one(function.tracing_config).mode == "Active" && one(function.logging_config).log_format == "JSON" && function.runtime == "python3.13" && function.architectures == tolist(["arm64"])])
    error_message = "A function is not traced, does not log JSON, or has another runtime."
  }
}

run "who_builds_no_images_may_not_build_any" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    build_project = null
  }

  assert {
    condition     = !strcontains(join("", [for document in values(data.aws_iam_policy_document.function) : document.json]), "codebuild:")
    error_message = "A function may use CodeBuild."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.ingest)) == toset(["task-events"])
    error_message = "There is a rule for builds."
  }
}

run "a_reference_to_secrets_manager_is_followed" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    github_secrets = [{ name = "/aws/reference/secretsmanager/github", arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/aws/reference/secretsmanager/github", secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-??????" }]
  }

  assert {
    condition     = strcontains(data.aws_iam_policy_document.drive.json, "secretsmanager:GetSecretValue") && !strcontains(data.aws_iam_policy_document.webhook_secrets.json, "secretsmanager")
    error_message = "The secret may not be read, or by ingest too."
  }
}

run "a_snapshot_is_invoked_by_its_version" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    snap_start = true
  }

  assert {
    condition     = aws_lambda_function.this["ingest"].publish && one(aws_lambda_function.this["ingest"].snap_start).apply_on == "PublishedVersions" && !aws_lambda_function.this["janitor"].publish
    error_message = "Ingest has no snapshots, or another function has."
  }
}

run "a_key_of_ones_own_may_be_used" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    kms_key_arn              = "arn:aws:kms:eu-central-1:111122223333:key/1"
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
  }

  assert {
    condition     = alltrue([for document in values(data.aws_iam_policy_document.function) : strcontains(document.json, "key/1")])
    error_message = "A function may not use the key."
  }

  assert {
    condition     = alltrue([for role in concat(values(aws_iam_role.function), [aws_iam_role.schedule]) : role.permissions_boundary == var.permissions_boundary_arn])
    error_message = "A role is not bounded."
  }
}
