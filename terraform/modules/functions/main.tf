# The functions and their layer. policies.tf contains their permissions, sources.tf their triggers.

locals {
  functions = toset(["ingest", "outbox", "scheduler", "reconciler", "janitor"])
  consumers = toset(["scheduler", "reconciler"])
  kept_warm = toset(["ingest", "outbox", "scheduler"])

  # EventBridge and the schedule invoke these functions asynchronously. Lambda does not retry the Janitor, because the schedule invokes it again.
  asynchronous = {
    ingest  = { attempts = 2, age_seconds = 6 * 3600 }
    janitor = { attempts = 0, age_seconds = 300 }
  }

  descriptions = {
    ingest     = "Records webhooks and AWS events"
    outbox     = "Sends the nudges and notices of new events"
    scheduler  = "Requests image builds and launches tasks"
    reconciler = "Pairs jobs with runners and stops tasks"
    janitor    = "Enforces deadlines and repairs drift"
  }

  layer    = "${var.package_dir}/layer.zip"
  packages = { for name in local.functions : name => "${var.package_dir}/functions/${name}.zip" }

  # SnapStart requires a published version.
  snap_started = var.snap_start ? toset(["ingest"]) : toset([])
  invoked = {
    for name, function in aws_lambda_function.this : name => {
      name       = function.function_name
      arn        = contains(local.snap_started, name) ? function.qualified_arn : function.arn
      invoke_arn = contains(local.snap_started, name) ? function.qualified_invoke_arn : function.invoke_arn
      qualifier  = contains(local.snap_started, name) ? function.version : null
    }
  }
}

resource "aws_lambda_layer_version" "dependencies" {
  layer_name               = "${var.prefix}-dependencies"
  description              = "Third-party dependencies of the functions"
  filename                 = local.layer
  source_code_hash         = fileexists(local.layer) ? filebase64sha256(local.layer) : null
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = ["arm64"]

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = fileexists(local.layer)
      error_message = "${local.layer} does not exist. Run `make package`, or set package_dir to the directory with its output."
    }
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:the operator can set reserved_concurrency; Lambda rejects reservations in new accounts
  #checkov:skip=CKV_AWS_116:the asynchronously invoked functions have a destination for failures
  #checkov:skip=CKV_AWS_117:the functions call AWS and GitHub only, and need no resource in a VPC
  #checkov:skip=CKV_AWS_173:the environment contains no secret; the operator chooses the key by kms_key_arn
  #checkov:skip=CKV_AWS_272:the operator builds the zips, and the plan contains their hashes
  for_each = local.functions

  function_name    = "${var.prefix}-${each.key}"
  description      = "${local.descriptions[each.key]} (ecs-runner-fleet ${var.release})" # `ecsrunner doctor` reads the version.
  role             = aws_iam_role.function[each.key].arn
  handler          = "functions.${each.key}.handler.handler"
  runtime          = "python3.13"
  architectures    = ["arm64"]
  filename         = local.packages[each.key]
  source_code_hash = fileexists(local.packages[each.key]) ? filebase64sha256(local.packages[each.key]) : null
  layers           = [aws_lambda_layer_version.dependencies.arn]
  timeout          = var.timeouts[each.key]
  memory_size      = var.memory_mib
  publish          = contains(local.snap_started, each.key)
  kms_key_arn      = var.kms_key_arn

  reserved_concurrent_executions = lookup(var.reserved_concurrency, each.key, -1)

  environment {
    variables = var.environments[each.key]
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    application_log_level = var.log_level
    system_log_level      = "WARN"
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "snap_start" {
    for_each = contains(local.snap_started, each.key) ? ["PublishedVersions"] : []
    content {
      apply_on = snap_start.value
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = fileexists(local.packages[each.key])
      error_message = "${local.packages[each.key]} does not exist. Run `make package`, or set package_dir to the directory with its output."
    }
  }

  # Without them the first invocations would fail.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:the operator chooses the key by kms_key_arn
  #checkov:skip=CKV_AWS_338:the operator chooses the retention by log_retention_days
  for_each = local.functions

  name              = "/aws/lambda/${var.prefix}-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}
