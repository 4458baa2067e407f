# Tests of the plan of the whole module: names, settings and optional resources. They make no network calls.

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
  subnet_ids      = ["subnet-1", "subnet-2"]
  security_groups = ["sg-1"]
}

run "names_derive_from_the_prefix" {
  command = plan

  variables {
    prefix = "blue"
  }

  assert {
    condition = alltrue([for name in concat(
      [module.event_log.events_table.name, module.event_log.runners_table.name, module.fleet.cluster.name],
      [for queue in module.queues.consumers : queue.name],
      [for queue in module.queues.dead_letters : queue.name],
      [for function in module.functions.functions : function.name],
      module.functions.rules,
      module.observability.alarms,
      [module.image_builds[0].project, module.fleet.repository.name, aws_cloudwatch_event_bus.fleet.name, module.observability.dashboard],
    ) : startswith(name, "blue")])
    error_message = "A name does not begin with the prefix."
  }
}

run "another_fleet_in_the_account_shares_no_name" {
  command = plan

  variables {
    prefix = "green"
  }

  assert {
    condition     = length(setintersection(values(output.tables), values(run.names_derive_from_the_prefix.tables))) == 0
    error_message = "Two fleets share a table."
  }

  assert {
    condition     = length(setintersection([for function in values(output.functions) : function.name], [for function in values(run.names_derive_from_the_prefix.functions) : function.name])) == 0
    error_message = "Two fleets share a function."
  }

  assert {
    condition     = output.cluster.name != run.names_derive_from_the_prefix.cluster.name && output.event_bus.name != run.names_derive_from_the_prefix.event_bus.name
    error_message = "Two fleets share a cluster or a bus."
  }
}

run "a_long_prefix_fits_every_limit" {
  command = plan

  variables {
    prefix = "a-prefix-of-thirty-two-character"
  }

  assert {
    condition     = alltrue([for function in values(output.functions) : length(function.name) <= 64])
    error_message = "A function's name is longer than Lambda allows."
  }

  assert {
    condition     = length(output.config_bucket) <= 63
    error_message = "The bucket's name is longer than S3 allows."
  }
}

run "without_image_builds_there_is_nothing_of_them" {
  command = plan

  variables {
    image_builds = false
  }

  assert {
    condition     = length(module.image_builds) == 0 && output.image_build_project == null
    error_message = "A build project exists."
  }

  assert {
    condition     = length(module.functions.rules) == 1
    error_message = "A rule for builds exists."
  }

  assert {
    condition     = !anytrue([for name, environment in local.environments : contains(keys(environment), "IMAGE_BUILD_PROJECT")])
    error_message = "The environment of a function names a build project."
  }
}

run "a_build_project_of_ones_own_is_used" {
  command = plan

  variables {
    image_build_project = "our-images"
  }

  assert {
    condition     = length(module.image_builds) == 0 && output.image_build_project == "our-images"
    error_message = "Another build project is created or used."
  }

  assert {
    condition     = local.environments.scheduler.IMAGE_BUILD_PROJECT == "our-images" && local.environments.ingest.IMAGE_BUILD_PROJECT == "our-images"
    error_message = "The environments of the functions do not name it."
  }
}

run "parameters_that_exist_are_used_and_none_is_made" {
  command = plan

  variables {
    github_pat_parameter              = "/aws/reference/secretsmanager/github"
    webhook_secret_parameter          = "/shared/webhook"
    webhook_secret_previous_parameter = "/shared/webhook-before"
  }

  assert {
    condition     = local.environments.scheduler.GITHUB_TOKEN_PARAM == "/aws/reference/secretsmanager/github"
    error_message = "The functions read the token from another parameter."
  }

  assert {
    condition     = local.environments.ingest.WEBHOOK_SECRET_PARAM == "/shared/webhook" && local.environments.ingest.WEBHOOK_SECRET_PREVIOUS_PARAM == "/shared/webhook-before"
    error_message = "The functions read the secrets from other parameters."
  }

  assert {
    condition     = startswith(module.parameters.secrets.github_token.secret_arn, "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-")
    error_message = "The functions can't read the secret to which the parameter refers."
  }
}

run "a_github_app_takes_the_place_of_the_token" {
  command = plan

  variables {
    github_app             = { id = "123456", installation_id = 42 }
    github_app_private_key = "a key that nobody may see"
  }

  assert {
    condition = alltrue([for name in ["scheduler", "reconciler", "janitor"] :
      local.environments[name].GITHUB_APP_ID == "123456" &&
      local.environments[name].GITHUB_APP_INSTALLATION_ID == "42" &&
      local.environments[name].GITHUB_APP_KEY_PARAM == "/fleet/github-app-key" &&
      !contains(keys(local.environments[name]), "GITHUB_TOKEN_PARAM")
    ])
    error_message = "The environments of the functions lack the App, or also name a token."
  }
}

run "an_enterprise_server_has_its_api_under_its_own_url" {
  command = plan

  variables {
    github_server_url = "https://github.acme.example"
  }

  assert {
    condition     = local.environments.scheduler.GITHUB_API_URL == "https://github.acme.example/api/v3"
    error_message = "GITHUB_API_URL is ${local.environments.scheduler.GITHUB_API_URL}."
  }
}

run "a_data_residency_host_has_its_api_on_a_host_of_its_own" {
  command = plan

  variables {
    github_server_url = "https://acme.ghe.com"
  }

  assert {
    condition     = local.environments.scheduler.GITHUB_API_URL == "https://api.acme.ghe.com"
    error_message = "GITHUB_API_URL is ${local.environments.scheduler.GITHUB_API_URL}."
  }
}

run "an_organization_is_served_as_a_whole" {
  command = plan

  variables {
    github_repo          = null
    github_organizations = ["acme"]
    runner_groups        = [{ repositories = "Acme/deploy-*", group = "deploy" }]
  }

  assert {
    condition     = local.environments.ingest.GITHUB_SCOPE == "acme" && local.environments.scheduler.GITHUB_ORGANIZATIONS == "acme"
    error_message = "The organization is not the scope, or runners are not registered at it."
  }

  assert {
    condition     = jsondecode(local.environments.scheduler.RUNNER_GROUPS)[0] == { repositories = "Acme/deploy-*", group = "deploy" }
    error_message = "RUNNER_GROUPS is ${local.environments.scheduler.RUNNER_GROUPS}."
  }
}

run "several_organizations_and_a_repository_of_another_owner_are_served" {
  command = plan

  variables {
    github_repo          = "me/site"
    github_repositories  = ["Octo/repo"]
    github_organizations = ["acme", "octo"]
  }

  assert {
    condition     = local.environments.ingest.GITHUB_SCOPE == "me/site,Octo/repo,acme"
    error_message = "The scope is ${local.environments.ingest.GITHUB_SCOPE}."
  }

  assert {
    condition     = local.environments.janitor.GITHUB_ORGANIZATIONS == "acme,octo"
    error_message = "Runners are registered at ${local.environments.janitor.GITHUB_ORGANIZATIONS}."
  }
}

run "runners_of_an_enterprise_are_registered_there" {
  command = plan

  variables {
    github_repo          = null
    github_organizations = ["acme", "octo"]
    github_enterprise    = "acme-inc"
    runner_groups        = [{ repositories = "other/*", group = "build" }]
  }

  assert {
    condition     = local.environments.scheduler.GITHUB_ENTERPRISE == "acme-inc" && !can(local.environments.scheduler.GITHUB_ORGANIZATIONS)
    error_message = "Runners are not registered at the enterprise alone."
  }

  assert {
    condition     = local.environments.ingest.GITHUB_SCOPE == "acme,octo"
    error_message = "The scope is ${local.environments.ingest.GITHUB_SCOPE}."
  }
}

run "an_organization_is_served_in_part" {
  command = plan

  variables {
    github_repo          = null
    github_organizations = ["acme"]
    github_repositories  = ["acme/shop", "acme/site"]
  }

  assert {
    condition     = local.environments.ingest.GITHUB_SCOPE == "acme/shop,acme/site"
    error_message = "The scope is ${local.environments.ingest.GITHUB_SCOPE}."
  }
}

run "a_changed_recipe_version_or_architecture_is_another_revision" {
  command = plan

  variables {
    runner_version = "2.999.0"
  }

  assert {
    condition     = local.environments.scheduler.IMAGE_REVISION != run.names_derive_from_the_prefix.image_revision
    error_message = "Another runner version has the same image revision."
  }
}

run "classes_without_capacity_have_the_fleets" {
  command = plan

  variables {
    runner_class_sizes = {
      small = { cpu = 256, memory = 512 }
      large = { cpu = 32768, memory = 249856, capacity = ["FARGATE"] }
    }
    capacity_providers = ["FARGATE_SPOT", "FARGATE"]
  }

  assert {
    condition     = local.class_sizes.small.capacity == tolist(["FARGATE_SPOT", "FARGATE"]) && local.class_sizes.large.capacity == tolist(["FARGATE"])
    error_message = "The capacity differs from the input."
  }
}

run "snap_start_is_off_unless_asked_for" {
  command = plan

  assert {
    condition     = module.functions.functions.ingest.qualifier == null
    error_message = "Ingest is invoked by a qualified ARN."
  }
}

run "consumers_have_their_own_batches_concurrency_and_times" {
  command = plan

  variables {
    consumers = {
      scheduler  = { batch_size = 2, concurrency = 30, timeout_seconds = 90 }
      reconciler = { batch_size = 10 }
    }
  }

  assert {
    condition     = jsonencode(module.queues.visibility_timeouts_seconds) == jsonencode({ scheduler = 540, reconciler = 720 })
    error_message = "A visibility timeout is not six times the timeout of its function."
  }

  assert {
    condition     = jsonencode(module.functions.consumers) == jsonencode({ scheduler = { batch_size = 2, concurrency = 30, timeout_seconds = 90 }, reconciler = { batch_size = 10, concurrency = 50, timeout_seconds = 120 } })
    error_message = "The consumers are ${jsonencode(module.functions.consumers)}."
  }
}

run "no_concurrency_is_reserved_unless_asked_for" {
  command = plan

  assert {
    condition     = module.functions.reserved_concurrency == {}
    error_message = "Concurrency is reserved, which Lambda rejects in an account with a limit of 10."
  }
}
