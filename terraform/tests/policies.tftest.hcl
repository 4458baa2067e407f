# Tests of the permissions of each function. They read the policy documents.

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
  release                     = "0.0.0"
  janitor_schedule_expression = "rate(1 minute)"
  consumers                   = { scheduler = { batch_size = 1, concurrency = 20 }, reconciler = { batch_size = 5, concurrency = 10 } }
  reserved_concurrency        = {}
  snap_start                  = false
  log_level                   = "INFO"
  tracing                     = true
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

  # Ingest can append events, count slots, find who waits for one and read the webhook secret, nothing else.
  assert {
    condition = toset(flatten([for one in jsondecode(data.aws_iam_policy_document.function["ingest"].json).Statement : one.Action if one.Effect == "Allow"])) == toset([
      "dynamodb:Query", "dynamodb:PutItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem", "ssm:GetParameters", "sqs:SendMessage",
      "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ])
    error_message = "Ingest has other permissions."
  }

  assert {
    condition     = !strcontains(data.aws_iam_policy_document.function["ingest"].json, "github-token")
    error_message = "Ingest can read GitHub's token."
  }

  assert {
    condition     = !strcontains(join("", [for name in ["scheduler", "reconciler", "janitor"] : data.aws_iam_policy_document.function[name].json]), "webhook-secret")
    error_message = "A function other than ingest can read the webhook secret."
  }

  # The inline policies of a role can have 10,240 characters, not counting white space.
  assert {
    condition     = alltrue([for document in values(data.aws_iam_policy_document.function) : length(replace(document.json, "/\\s/", "")) < 8000])
    error_message = "A policy is too long, or would be with a longer prefix."
  }

  # No function can change or remove recorded events.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement :
      !anytrue([for action in flatten([one.Action]) : can(regex("dynamodb:(Update|Delete|BatchWrite|PartiQL)", action))])
      if one.Effect == "Allow" && contains(flatten([one.Resource]), var.events_table.arn)
    ]]))
    error_message = "A function can change the log."
  }

  # UpdateItem is allowed on the counter only. Rows of the projection are only put.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement : flatten([one.Resource]) == [var.runners_table.arn] && one.Sid == "ReadAndChangeTheCounter"
      if one.Effect == "Allow" && anytrue([for action in flatten([one.Action]) : can(regex("dynamodb:(Update|Delete|ConditionCheck|BatchWrite|PartiQL)", action))])
    ]]))
    error_message = "A function can update or delete items other than rows."
  }

  assert {
    condition = alltrue([for document in values(data.aws_iam_policy_document.function) : anytrue([
      for one in jsondecode(document.json).Statement : one.Effect == "Deny" && contains(flatten([one.Action]), "dynamodb:UpdateItem") && contains(flatten([one.Action]), "dynamodb:DeleteItem") && one.Resource == var.events_table.arn
    ])])
    error_message = "A function has no explicit deny for changes of the log."
  }

  # Only actions without resource-level permissions are allowed on all resources.
  assert {
    condition = length(setsubtract(toset(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement : one.Action if contains(flatten([one.Resource]), "*")
      ]])), [
      "xray:PutTelemetryRecords", "xray:PutTraceSegments", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition", "ecs:ListTasks",
    ])) == 0
    error_message = "An action with resource-level permissions is allowed on all resources."
  }

  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement : !anytrue([for action in flatten([one.Action]) : strcontains(action, "*")])
    ]]))
    error_message = "An action contains a wildcard."
  }

  assert {
    condition     = toset([for name, document in data.aws_iam_policy_document.function : name if strcontains(document.json, "events:PutEvents")]) == toset(["outbox"])
    error_message = "A function other than the outbox can put events on the bus, or the outbox cannot."
  }

  # Only the roles of a task can be passed, and only to ECS tasks.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement :
      toset(flatten([one.Resource])) == toset(values(var.task_roles)) && one.Condition.StringEquals["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
      if contains(flatten([one.Action]), "iam:PassRole")
    ]]))
    error_message = "Another role can be passed, or a role to another service."
  }

  assert {
    condition     = toset([for name, document in data.aws_iam_policy_document.function : name if strcontains(document.json, "iam:PassRole")]) == toset(["scheduler", "janitor"])
    error_message = "The functions that can pass roles are not those that launch."
  }

  # RunTask is limited to the cluster and the task definitions of the fleet.
  assert {
    condition = alltrue([for one in jsondecode(data.aws_iam_policy_document.launch.json).Statement :
      one.Condition.ArnEquals["ecs:cluster"] == var.cluster.arn && alltrue([for arn in flatten([one.Resource]) : strcontains(arn, ":task-definition/fleet-runner")])
      if contains(flatten([one.Action]), "ecs:RunTask")
    ])
    error_message = "A task can run in another cluster or from another task definition."
  }

  # Tasks and task definitions can be tagged at creation only.
  assert {
    condition = alltrue(flatten([for document in values(data.aws_iam_policy_document.function) : [
      for one in jsondecode(document.json).Statement :
      contains(["RunTask", "RegisterTaskDefinition"], one.Condition.StringEquals["ecs:CreateAction"])
      if contains(flatten([one.Action]), "ecs:TagResource")
    ]]))
    error_message = "An existing resource can be tagged."
  }

  assert {
    condition = toset([for name, document in data.aws_iam_policy_document.function : name if anytrue([
      for one in jsondecode(document.json).Statement :
      contains(flatten([one.Action]), "ecs:TagResource") && flatten([one.Resource]) == ["arn:aws:ecs:eu-central-1:111122223333:task/fleet/*"]
    ])]) == toset(["scheduler", "janitor"])
    error_message = "The functions that can tag tasks are not those that launch."
  }

  # The rules match only the cluster and the project of the fleet.
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.ingest["task-events"].event_pattern).detail.clusterArn == [var.cluster.arn]
    error_message = "The rule also matches tasks of other clusters."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.ingest["task-events"].event_pattern).detail["$or"] == [
      { lastStatus = ["RUNNING"], desiredStatus = ["RUNNING"] },
      { lastStatus = ["STOPPED"] },
    ]
    error_message = "The rule does not match exactly the tasks that have started or stopped."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.ingest["build-events"].event_pattern).detail["project-name"] == ["fleet-runner-image"]
    error_message = "The rule also matches builds of other projects."
  }

  assert {
    condition     = alltrue([for target in values(aws_cloudwatch_event_target.ingest) : one(target.dead_letter_config).arn == var.undelivered.arn])
    error_message = "An event that can't be delivered is lost."
  }

  # Failed messages are reported individually, and failed events go to a queue.
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
    error_message = "A function can use CodeBuild."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.ingest)) == toset(["task-events"])
    error_message = "A rule for builds exists."
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
    error_message = "The secret can't be read, or ingest can read it too."
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
    error_message = "SnapStart is not enabled for ingest, or it is enabled for another function."
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
    error_message = "A function can't use the key."
  }

  assert {
    condition     = alltrue([for role in concat(values(aws_iam_role.function), [aws_iam_role.schedule]) : role.permissions_boundary == var.permissions_boundary_arn])
    error_message = "A role has no permissions boundary."
  }
}
