# The root module combines the modules of the fleet. Values that several modules use are locals here, so that each is defined once.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  here = {
    account_id = data.aws_caller_identity.current.account_id
    partition  = data.aws_partition.current.partition
    region     = data.aws_region.current.id
  }

  # The version of this module and of its packages. The descriptions of the functions contain it, from where `ecsrunner doctor` reads it.
  release = "0.1.0"

  package_dir = coalesce(var.package_dir, "${path.module}/../build")
  runner_zip  = "${local.package_dir}/runner.zip"

  # Timeout of an invocation in seconds. A test compares the values with the limits of the services involved.
  #
  # ingest: GitHub waits 10 s for a response, an HTTP API waits 30 s for its integration. An event that is recorded after GitHub has timed out is
  # still useful, so the limit is that of the API. Source: Amazon API Gateway Developer Guide, "Quotas for HTTP APIs" (integration timeout).
  # outbox: ten times the duration of a full batch. A call to SQS that hangs takes 8 s.
  # janitor: its code stops before the timeout. Runs can overlap, which is safe.
  function_timeouts = merge(
    { ingest = 29, outbox = 60, janitor = 120 },
    { for name, consumer in var.consumers : name => consumer.timeout_seconds },
  )

  # Number of receives after which a message moves to the dead-letter queue. Each deferral counts as a receive, and deferrals grow to 15 minutes. GitHub
  # keeps a job queued for 24 hours; if it waits for capacity that long, its nudge is received about 100 times without any fault.
  # local/description.py contains the same number.
  max_receives = 120

  # The operator's project or the one of the module image-builds; null if image_builds is false.
  build_project = !var.image_builds ? null : coalesce(var.image_build_project, one(module.image_builds[*].project))

  # A hash of everything in a runner image except its base image. When it changes, all images are rebuilt.
  image_revision = substr(sha256(join("\n", [
    fileexists(local.runner_zip) ? filesha256(local.runner_zip) : "",
    var.runner_version,
    coalesce(var.runner_sha256, "pinned"),
    var.architecture,
  ])), 0, 12)

  class_sizes = { for name, size in var.runner_class_sizes : name => {
    cpu      = size.cpu
    memory   = size.memory
    capacity = coalesce(size.capacity, var.capacity_providers)
  } }
}

module "event_log" {
  source = "./modules/event-log"

  prefix              = var.prefix
  deletion_protection = var.deletion_protection
  kms_key_arn         = var.kms_key_arn
  tags                = var.tags
}

module "queues" {
  source = "./modules/queues"

  prefix                    = var.prefix
  here                      = local.here
  consumer_timeouts_seconds = { for name, consumer in var.consumers : name => consumer.timeout_seconds }
  max_receives              = local.max_receives
  kms_key_arn               = var.kms_key_arn
  tags                      = var.tags
}

module "parameters" {
  source = "./modules/parameters"

  prefix      = var.prefix
  here        = local.here
  class_sizes = local.class_sizes

  github_token                      = var.github_pat
  github_token_version              = var.github_pat_version
  github_token_parameter            = var.github_pat_parameter
  github_app                        = var.github_app != null
  github_app_key                    = var.github_app_private_key
  github_app_key_version            = var.github_app_private_key_version
  github_app_key_parameter          = var.github_app_private_key_parameter
  github_additional_parameters      = [for one in var.github_additional_credentials : coalesce(one.token_parameter, one.app_private_key_parameter)]
  webhook_secret                    = var.webhook_secret
  webhook_secret_version            = var.webhook_secret_version
  webhook_secret_parameter          = var.webhook_secret_parameter
  webhook_secret_previous_parameter = var.webhook_secret_previous_parameter

  kms_key_arn = var.kms_key_arn
  tags        = var.tags
}

module "fleet" {
  source = "./modules/fleet"

  prefix                   = var.prefix
  here                     = local.here
  runner_image_tag         = var.runner_image_tag
  architecture             = var.architecture
  ephemeral_storage_gib    = var.ephemeral_storage_gib
  container_insights       = var.container_insights
  log_retention_days       = var.log_retention_days
  force_delete             = !var.deletion_protection
  kms_key_arn              = var.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  tags                     = var.tags
}

module "image_builds" {
  source = "./modules/image-builds"
  count  = var.image_builds && var.image_build_project == null ? 1 : 0

  prefix                   = var.prefix
  here                     = local.here
  source_zip               = local.runner_zip
  bucket                   = module.fleet.bucket
  repository               = module.fleet.repository
  architecture             = var.architecture
  runner_version           = var.runner_version
  runner_sha256            = var.runner_sha256
  runner_download_url      = var.runner_download_url
  buildkit_image           = var.buildkit_image
  timeout_minutes          = ceil(var.timeouts.image_build / 60)
  max_at_once              = var.max_image_builds_at_once
  log_retention_days       = var.log_retention_days
  kms_key_arn              = var.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  tags                     = var.tags
}

# With this parameter `ecsrunner --fleet PREFIX` finds the fleet by its name. It contains names and URLs, no secret. The path is common to all fleets of
# an account and a Region, so that they can be listed. cli/fleet/named_fleet.py reads it.
resource "aws_ssm_parameter" "cli" {
  #checkov:skip=CKV2_AWS_34:not a secret, and operators need to read it
  name        = "/ecs-runner-fleet/${var.prefix}/cli"
  description = "Where ecsrunner finds the fleet ${var.prefix}"
  type        = "String"
  tier        = "Standard"
  value       = jsonencode({ version = local.release, variables = local.cli_environment })

  tags = var.tags
}

# The fleet publishes its notices on this bus, to which operators can subscribe. AWS's own events arrive on the default bus.
resource "aws_cloudwatch_event_bus" "fleet" {
  name               = coalesce(var.event_bus_name, var.prefix)
  description        = "Notices of the fleet ${var.prefix}"
  kms_key_identifier = var.kms_key_arn

  tags = var.tags
}

module "functions" {
  source = "./modules/functions"

  prefix       = var.prefix
  here         = local.here
  release      = local.release
  package_dir  = local.package_dir
  environments = local.environments
  timeouts     = local.function_timeouts
  memory_mib   = var.function_memory_mib

  events_table  = module.event_log.events_table
  runners_table = module.event_log.runners_table
  queues        = module.queues.consumers
  dead_letters  = module.queues.dead_letters
  failed_events = module.queues.failed_events
  undelivered   = module.queues.undelivered

  cluster       = module.fleet.cluster
  task_family   = module.fleet.task_definition.family
  task_roles    = module.fleet.roles
  bucket        = module.fleet.bucket
  repository    = module.fleet.repository
  build_project = local.build_project

  class_sizes     = module.parameters.class_sizes
  github_secrets  = [for name, secret in module.parameters.secrets : secret if startswith(name, "github_")]
  webhook_secrets = [for name in ["webhook_secret", "webhook_secret_previous"] : module.parameters.secrets[name] if contains(keys(module.parameters.secrets), name)]
  event_bus       = { name = aws_cloudwatch_event_bus.fleet.name, arn = aws_cloudwatch_event_bus.fleet.arn }

  janitor_schedule_expression = var.janitor_schedule_expression
  consumers                   = var.consumers
  reserved_concurrency        = var.reserved_concurrency
  snap_start                  = var.snap_start
  log_level                   = var.log_level
  tracing                     = var.tracing
  log_retention_days          = var.log_retention_days
  kms_key_arn                 = var.kms_key_arn
  permissions_boundary_arn    = var.permissions_boundary_arn
  tags                        = var.tags
}

module "webhook" {
  source = "./modules/webhook"

  prefix             = var.prefix
  ingest             = module.functions.functions.ingest
  rate               = var.webhook_throttle.rate
  burst              = var.webhook_throttle.burst
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
  tags               = var.tags
}

module "observability" {
  source = "./modules/observability"

  prefix          = var.prefix
  here            = local.here
  functions       = { for name, function in module.functions.functions : name => function.name }
  consumer_queues = { for name, queue in module.queues.consumers : name => queue.name }
  dead_queues = merge(
    { for name, queue in module.queues.dead_letters : "${name}-dead-letters" => queue.name },
    { failed-events = module.queues.failed_events.name, undelivered = module.queues.undelivered.name },
  )
  api_id = module.webhook.api_id

  janitor_schedule_expression = var.janitor_schedule_expression
  oldest_message_seconds      = var.alarm_thresholds.oldest_message_seconds
  launch_failures             = var.alarm_thresholds.launch_failures
  refused_requests            = var.alarm_thresholds.refused_requests
  runner_version              = var.runner_version
  runner_version_released     = var.runner_version_released
  runner_version_days         = var.alarm_thresholds.runner_version_days
  runner_version_days_left    = var.alarm_thresholds.runner_version_days_left
  alarm_topic_arn             = var.alarm_topic_arn
  dashboard                   = var.dashboard
  architecture                = var.architecture
  fargate_prices              = var.fargate_prices
  tags                        = var.tags
}
