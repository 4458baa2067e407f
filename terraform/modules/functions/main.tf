# The functions and their layer. What they may do is in policies.tf, what makes them run in sources.tf.

locals {
  functions = toset(["ingest", "outbox", "scheduler", "reconciler", "janitor"])
  consumers = toset(["scheduler", "reconciler"])

  # These are invoked asynchronously, by EventBridge and by the schedule. The Janitor's next run is its next try.
  asynchronous = {
    ingest  = { attempts = 2, age_seconds = 6 * 3600 }
    janitor = { attempts = 0, age_seconds = 300 }
  }

  descriptions = {
    ingest     = "Takes in webhooks and AWS's events"
    outbox     = "Sends a nudge for each new event"
    scheduler  = "Makes sure of images and launches tasks"
    reconciler = "Deals with what follows from what happened"
    janitor    = "Enforces what events alone can't"
  }

  layer    = "${var.package_dir}/layer.zip"
  packages = { for name in local.functions : name => "${var.package_dir}/functions/${name}.zip" }

  # A snapshot belongs to a published version.
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
  description              = "What the functions import that is not theirs"
  filename                 = local.layer
  source_code_hash         = fileexists(local.layer) ? filebase64sha256(local.layer) : null
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = ["arm64"]

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = fileexists(local.layer)
      error_message = "${local.layer} is not there; `make package` puts it there, package_dir says where to look."
    }
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:reservations are the operator's choice, reserved_concurrency: new accounts refuse any
  #checkov:skip=CKV_AWS_116:what is invoked asynchronously has a destination for failures
  #checkov:skip=CKV_AWS_117:it talks to AWS and GitHub only, and has nothing to reach in a VPC
  #checkov:skip=CKV_AWS_173:there is no secret in the environment; the key is the operator's choice, kms_key_arn
  #checkov:skip=CKV_AWS_272:the zips are built by who applies this, and their hashes are in the plan
  for_each = local.functions

  function_name    = "${var.prefix}-${each.key}"
  description      = local.descriptions[each.key]
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
    mode = "Active"
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
      error_message = "${local.packages[each.key]} is not there; `make package` puts it there, package_dir says where to look."
    }
  }

  # Without them the first invocations fail.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:the key is the operator's choice, kms_key_arn
  #checkov:skip=CKV_AWS_338:how long logs are kept is the operator's choice, log_retention_days
  for_each = local.functions

  name              = "/aws/lambda/${var.prefix}-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}
