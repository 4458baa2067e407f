# Tests that every input rejects invalid values. tests/terraform/test_inputs.py asserts the messages.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

# The state before the first apply: no secret has been written.
override_data {
  target = module.parameters.data.aws_ssm_parameters_by_path.written
  values = { names = [], values = [] }
}

variables {
  github_repo     = "acme/shop"
  github_pat      = "a token that nobody may see"
  webhook_secret  = "a secret that nobody may see"
  subnet_ids      = ["subnet-1"]
  security_groups = ["sg-1"]
}

run "names_arns_and_urls_of_the_wrong_form_are_refused" {
  command = plan

  variables {
    prefix                            = "Fleet_1"
    tags                              = { "aws:owner" = "me" }
    kms_key_arn                       = "alias/mine"
    permissions_boundary_arn          = "Boundary"
    event_bus_name                    = "default"
    github_repositories               = ["shop"]
    github_server_url                 = "http://github.com/"
    github_pat_parameter              = "a name"
    github_app                        = { id = "12 34" }
    webhook_secret_parameter          = "a//name"
    webhook_secret_previous_parameter = "a name"
    subnet_ids                        = ["eu-central-1a"]
    security_groups                   = ["default"]
    image_build_project               = "our images"
    runner_image_tag                  = ":latest"
    default_image                     = "ubuntu latest"
    allowed_images                    = ["ubuntu:*, debian:*"]
    alarm_topic_arn                   = "alarms"
  }

  expect_failures = [
    var.prefix, var.tags, var.kms_key_arn, var.permissions_boundary_arn, var.event_bus_name,
    var.github_repositories, var.github_server_url,
    var.github_pat_parameter, var.github_app, var.webhook_secret_parameter,
    var.webhook_secret_previous_parameter, var.subnet_ids, var.security_groups,
    var.image_build_project, var.runner_image_tag, var.default_image, var.allowed_images, var.alarm_topic_arn,
  ]
}

# A validation is not evaluated if it refers to an input that is refused.
run "the_name_of_an_organization_of_the_wrong_form_is_refused" {
  command = plan

  variables {
    github_organizations = ["acme/shop"]
  }

  expect_failures = [var.github_organizations]
}

run "the_slug_of_an_enterprise_of_the_wrong_form_is_refused" {
  command = plan

  variables {
    github_enterprise = "acme inc"
  }

  expect_failures = [var.github_enterprise]
}

run "runner_groups_of_a_whole_owner_are_refused" {
  command = plan

  variables {
    github_organizations = ["acme"]
    runner_groups        = [{ repositories = "acme", group = "build" }]
  }

  expect_failures = [var.runner_groups]
}

run "runner_groups_that_fill_the_environment_are_refused" {
  command = plan

  variables {
    github_organizations = ["acme"]
    runner_groups        = [for number in range(40) : { repositories = "acme/repository-${number}", group = "build" }]
  }

  expect_failures = [var.runner_groups]
}

run "numbers_out_of_range_and_unknown_words_are_refused" {
  command = plan

  variables {
    github_pat_version             = 0
    github_app_private_key_version = 1.5
    webhook_secret_version         = 0
    runner_class_sizes             = { small = { cpu = 512, memory = 8192 } }
    capacity_providers             = ["SPOT"]
    ephemeral_storage_gib          = 10
    architecture                   = "arm"
    runner_version                 = "latest"
    runner_version_released        = "2026-13-01"
    runner_sha256                  = "abc"
    runner_download_url            = "http://mirror.example/"
    buildkit_image                 = "moby/buildkit:"
    runner_ttl_seconds             = 10
    timeouts                       = { image_build = 60 }
    max_runners                    = 0
    max_image_builds_per_day       = 0
    max_image_builds_at_once       = 0
    image_unused_days              = 1
    max_launches                   = 0

    max_repository_image_builds_per_day = 1.5

    commit_statuses             = { pending_seconds = 59 }
    lost_job_reruns             = 51
    circuit                     = { failures = 0 }
    orphan_grace_seconds        = 0
    janitor_schedule_expression = "every minute"
    function_memory_mib         = 128
    reserved_concurrency        = { webhook = 1 }
    fargate_prices              = { vcpu_hour = 0.04, gb_hour = 0.004, spot_ratio = 35 }
    log_level                   = "WARN"
    log_retention_days          = 10
    webhook_throttle            = { rate = 0 }
    alarm_thresholds            = { launch_failures = -1 }
  }

  expect_failures = [
    var.github_pat_version, var.github_app_private_key_version, var.webhook_secret_version,
    var.runner_class_sizes, var.capacity_providers, var.ephemeral_storage_gib, var.architecture,
    var.runner_version, var.runner_version_released, var.runner_sha256, var.runner_download_url, var.buildkit_image,
    var.runner_ttl_seconds, var.timeouts,
    var.max_image_builds_per_day, var.max_repository_image_builds_per_day, var.max_image_builds_at_once, var.image_unused_days,
    var.max_runners, var.max_launches, var.commit_statuses, var.lost_job_reruns, var.circuit, var.orphan_grace_seconds,
    var.janitor_schedule_expression, var.function_memory_mib, var.reserved_concurrency,
    var.fargate_prices, var.log_level, var.log_retention_days, var.webhook_throttle, var.alarm_thresholds,
  ]
}

run "what_does_not_go_together_is_refused" {
  command = plan

  variables {
    github_repo                      = null
    runner_groups                    = [{ repositories = "acme/*", group = "build" }]
    github_app_private_key_parameter = "/acme/key"
    image_builds                     = false
    image_build_project              = "our-images"
    subnet_ids                       = []
    security_groups                  = []
    reserved_concurrency             = { scheduler = 5 }
    janitor_schedule_expression      = "rate(1 minutes)"
    default_runner_class             = "huge"
  }

  expect_failures = [
    var.github_repo, var.runner_groups, var.github_app_private_key_parameter, var.image_build_project,
    var.default_runner_class, var.subnet_ids, var.security_groups, var.reserved_concurrency, var.janitor_schedule_expression,
  ]
}

run "an_app_at_an_enterprise_is_refused" {
  command = plan

  variables {
    github_enterprise                = "acme-inc"
    github_app                       = { id = "1" }
    github_app_private_key_parameter = "/acme/key"
  }

  expect_failures = [var.github_enterprise]
}

run "the_rest_api_of_a_host_with_data_residency_is_refused" {
  command = plan

  variables {
    github_server_url = "https://api.acme.ghe.com"
  }

  expect_failures = [var.github_server_url]
}

run "one_installation_of_two_organizations_is_refused" {
  command = plan

  variables {
    github_organizations             = ["acme", "octo"]
    github_app                       = { id = "1", installation_id = 7 }
    github_app_private_key_parameter = "/acme/key"
  }

  expect_failures = [var.github_app]
}

run "a_class_without_capacity_or_none_at_all_is_refused" {
  command = plan

  variables {
    runner_class_sizes = { small = { cpu = 512, memory = 1024, capacity = [] } }
    consumers          = { scheduler = { concurrency = 1 } }
  }

  expect_failures = [var.runner_class_sizes, var.consumers]
}

run "a_fleet_without_classes_is_refused" {
  command = plan

  variables {
    runner_class_sizes = {}
  }

  expect_failures = [var.runner_class_sizes]
}

run "a_repository_without_owner_is_refused" {
  command = plan

  variables {
    github_repo                      = "shop"
    github_app                       = { id = "1" }
    github_app_private_key_parameter = "a name"
  }

  expect_failures = [var.github_repo, var.github_app_private_key_parameter]
}

run "a_class_that_no_label_can_name_is_refused" {
  command = plan

  variables {
    runner_class_sizes   = { Small = { cpu = 512, memory = 1024 } }
    default_runner_class = "Small"
  }

  expect_failures = [var.runner_class_sizes]
}

run "batches_and_timeouts_out_of_range_are_refused" {
  command = plan

  variables {
    consumers = { reconciler = { batch_size = 11, timeout_seconds = 10 } }
  }

  expect_failures = [var.consumers]
}

run "secrets_that_are_too_short_to_be_any_are_refused" {
  command = plan

  variables {
    github_pat             = "short"
    github_app             = { id = "1" }
    github_app_private_key = "short"
    webhook_secret         = "short"
  }

  expect_failures = [var.github_pat, var.github_app_private_key, var.webhook_secret]
}

run "an_additional_app_at_an_enterprise_is_refused" {
  command = plan

  variables {
    github_enterprise             = "acme-inc"
    github_additional_credentials = [{ app_id = "7", app_private_key_parameter = "/fleet/key-2" }]
  }

  expect_failures = [var.github_enterprise]
}

run "one_installation_of_several_organizations_is_refused" {
  command = plan

  variables {
    github_organizations          = ["acme", "acme-labs"]
    github_additional_credentials = [{ app_id = "7", app_private_key_parameter = "/fleet/key-2", installation_id = 42 }]
  }

  expect_failures = [var.github_app]
}
