# The environment of each function: exactly the variables that its settings class reads. A secret is passed as the name of its parameter.

locals {
  repositories = distinct(concat(compact([var.github_repo]), var.github_repositories))
  github_scope = concat(local.repositories, [
    for one in var.github_organizations : one
    if !contains([for repository in local.repositories : lower(split("/", repository)[0])], lower(one))
  ])

  github_host = trimprefix(var.github_server_url, "https://")
  github_api_url = (
    local.github_host == "github.com" ? "https://api.github.com" :
    endswith(local.github_host, ".ghe.com") ? "https://api.${local.github_host}" :
    "${var.github_server_url}/api/v3"
  )

  # A file in the layer with the root certificates of AWS only. The client reads it for every connection.
  runtime = { AWS_CA_BUNDLE = "/opt/certificates/aws.pem" }

  secrets = module.parameters.secrets

  credentials = var.github_app == null ? { GITHUB_TOKEN_PARAM = local.secrets["github_token"].name } : merge(
    { GITHUB_APP_ID = var.github_app.id, GITHUB_APP_KEY_PARAM = local.secrets["github_app_key"].name },
    var.github_app.installation_id == null ? {} : { GITHUB_APP_INSTALLATION_ID = tostring(var.github_app.installation_id) },
  )

  additional_credentials = length(var.github_additional_credentials) == 0 ? {} : {
    GITHUB_ADDITIONAL_CREDENTIALS = jsonencode([for one in var.github_additional_credentials : { for name, value in {
      token_param     = one.token_parameter
      app_id          = one.app_id
      app_key_param   = one.app_private_key_parameter
      installation_id = one.installation_id
    } : name => value if value != null }])
  }

  image_settings = !var.image_builds ? {} : {
    IMAGE_BUILD_PROJECT         = local.build_project
    IMAGE_REPOSITORY            = module.fleet.repository.url
    IMAGE_REVISION              = local.image_revision
    DEFAULT_IMAGE               = var.default_image
    ALLOWED_IMAGES              = join(",", var.allowed_images)
    IMAGE_BUILD_TIMEOUT_SECONDS = tostring(var.timeouts.image_build)
    IMAGE_UNUSED_DAYS           = tostring(var.image_unused_days)
    MAX_IMAGE_BUILDS_PER_DAY    = tostring(var.max_image_builds_per_day)

    MAX_REPOSITORY_IMAGE_BUILDS_PER_DAY = tostring(var.max_repository_image_builds_per_day)
  }

  # What the rules of a job's stream depend on. Ingest applies them, too, where no other system has to be called.
  rules = merge(
    var.github_enterprise == null ? {} : { GITHUB_ENTERPRISE = var.github_enterprise },
    var.github_enterprise != null || length(var.github_organizations) == 0 ? {} : { GITHUB_ORGANIZATIONS = join(",", var.github_organizations) },
    {
      MAX_RUNNERS                   = tostring(var.max_runners)
      CIRCUIT_FAILURES              = tostring(var.circuit.failures)
      CIRCUIT_PAUSE_SECONDS         = tostring(var.circuit.pause_seconds)
      MAX_LAUNCHES                  = tostring(var.max_launches)
      CANCEL_REFUSED_RUNS           = tostring(var.cancel_refused_runs)
      COMMIT_STATUSES               = tostring(var.commit_statuses.enabled)
      COMMIT_STATUS_PENDING_SECONDS = tostring(var.commit_statuses.pending_seconds)
      COMMIT_STATUS_URL             = var.commit_statuses.url
      LOST_JOB_RERUNS               = tostring(var.lost_job_reruns)
    },
  )

  runner_groups = length(var.runner_groups) == 0 ? {} : { RUNNER_GROUPS = jsonencode(var.runner_groups) }

  driving = merge(local.runtime, local.credentials, local.additional_credentials, local.runner_groups, local.image_settings, local.rules, {
    PREFIX             = var.prefix
    EVENTS_TABLE       = module.event_log.events_table.name
    RUNNER_TABLE       = module.event_log.runners_table.name
    CLUSTER            = module.fleet.cluster.name
    CONFIG_BUCKET      = module.fleet.bucket.name
    CLASS_SIZES_PARAM  = module.parameters.class_sizes.name
    DEFAULT_CLASS      = var.default_runner_class
    RUNNER_IMAGE       = module.fleet.task_definition.image
    TASK_DEFINITION    = module.fleet.task_definition.arn
    SUBNET_IDS         = join(",", var.subnet_ids)
    SECURITY_GROUP_IDS = join(",", var.security_groups)
    ASSIGN_PUBLIC_IP   = tostring(var.assign_public_ip)
    GITHUB_API_URL     = local.github_api_url

    GITHUB_LAUNCHES_PER_MINUTE = tostring(var.github_launches_per_minute)

    START_TIMEOUT_SECONDS     = tostring(var.timeouts.start)
    IDLE_TIMEOUT_SECONDS      = tostring(var.timeouts.idle)
    FINISH_TIMEOUT_SECONDS    = tostring(var.timeouts.finish)
    STOP_TIMEOUT_SECONDS      = tostring(var.timeouts.stop)
    RUNNER_TTL_SECONDS        = tostring(var.runner_ttl_seconds)
    ORPHAN_GRACE_SECONDS      = tostring(var.orphan_grace_seconds)
    ALLOW_PUBLIC_REPOSITORIES = tostring(var.allow_public_repositories)
    ALLOW_FORKS               = tostring(var.allow_forks)
    REQUIRE_RUN_LABEL         = tostring(var.require_run_label)
  })

  # Which jobs the fleet serves.
  offer = {
    GITHUB_SCOPE   = join(",", local.github_scope)
    OFFERED_LABELS = join(",", coalesce(var.offered_labels, ["linux", var.architecture, "run:*"]))
  }

  queue_urls       = { for name, queue in module.queues.consumers : "${upper(name)}_QUEUE_URL" => queue.url }
  dead_letter_urls = { for name, queue in module.queues.dead_letters : "${upper(name)}_DEAD_LETTER_URL" => queue.url }

  environments = {
    ingest = merge(
      local.runtime,
      local.offer,
      local.rules,
      {
        PREFIX               = var.prefix
        EVENTS_TABLE         = module.event_log.events_table.name
        RUNNER_TABLE         = module.event_log.runners_table.name
        CLUSTER              = module.fleet.cluster.arn
        WEBHOOK_SECRET_PARAM = local.secrets["webhook_secret"].name
      },
      var.webhook_secret_previous_parameter == null ? {} : {
        WEBHOOK_SECRET_PREVIOUS_PARAM = local.secrets["webhook_secret_previous"].name
      },
      var.image_builds ? { IMAGE_BUILD_PROJECT = local.build_project } : {},
    )
    outbox = merge(local.runtime, local.queue_urls, {
      PREFIX          = var.prefix
      EVENT_BUS_NAME  = aws_cloudwatch_event_bus.fleet.name
      UNDELIVERED_URL = module.queues.undelivered.url
    })

    scheduler  = merge(local.driving, { QUEUE_URL = module.queues.consumers["scheduler"].url })
    reconciler = merge(local.driving, { QUEUE_URL = module.queues.consumers["reconciler"].url })
    janitor = merge(local.driving, local.offer, local.dead_letter_urls, {
      RUNNER_VERSION          = var.runner_version
      RUNNER_VERSION_RELEASED = var.runner_version_released
      WEBHOOK_URL             = module.webhook.url
    })
  }

  # Environment variables with which `ecsrunner` finds the fleet.
  cli_environment = merge(local.queue_urls, local.dead_letter_urls, {
    AWS_REGION        = local.here.region
    EVENTS_TABLE      = module.event_log.events_table.name
    RUNNER_TABLE      = module.event_log.runners_table.name
    CLASS_SIZES_PARAM = module.parameters.class_sizes.name
    FAILED_EVENTS_URL = module.queues.failed_events.url
    INGEST_LOG_GROUP  = module.functions.log_groups["ingest"]
    RUNNER_LOG_GROUP  = module.fleet.log_group
    WEBHOOK_URL       = module.webhook.url
    GITHUB_API_URL    = local.github_api_url

    GITHUB_APP_ID        = var.github_app == null ? "" : var.github_app.id
    GITHUB_APP_KEY_PARAM = var.github_app == null ? "" : local.secrets["github_app_key"].name
  })
}
