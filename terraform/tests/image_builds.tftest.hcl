# Tests of the project that builds runner images: what its builds are given, and what they may read.

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

  source_zip = "versions.tf" # Any file that exists.
  bucket     = { name = "fleet-config", arn = "arn:aws:s3:::fleet-config" }
  repository = {
    name = "fleet-runner"
    arn  = "arn:aws:ecr:eu-central-1:111122223333:repository/fleet-runner"
    url  = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/fleet-runner"
  }
  architecture        = "x64"
  runner_version      = "2.999.0"
  runner_download_url = "https://mirror.example"
  timeout_minutes     = 30
  log_retention_days  = 30
}

# Known before an apply only here, so that the policy is, too.
override_resource {
  target          = aws_cloudwatch_log_group.build
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/fleet/runner-image" }
}

run "a_builder_of_a_public_registry_is_passed_on_and_needs_no_permission" {
  command = plan

  module {
    source = "./modules/image-builds"
  }

  variables {
    buildkit_image = "moby/buildkit:buildx-stable-1"
  }

  assert {
    condition     = local.variables.BUILDKIT_IMAGE == "moby/buildkit:buildx-stable-1"
    error_message = "Builds do not get the image of BuildKit."
  }

  assert {
    condition     = local.buildkit_repository == null
    error_message = "Builds may pull from a repository in ECR that is not there."
  }
}

run "builds_may_pull_a_builder_from_the_fleets_registry" {
  command = plan

  module {
    source = "./modules/image-builds"
  }

  variables {
    buildkit_image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/docker-hub/moby/buildkit:v0.99.0@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }

  assert {
    condition     = local.buildkit_repository == "docker-hub/moby/buildkit"
    error_message = "Builds may not pull the image of BuildKit."
  }

  assert {
    condition     = length([for one in data.aws_iam_policy_document.build.statement : one if one.sid == "PullTheBuilder" && one.resources == toset(["arn:aws:ecr:eu-central-1:111122223333:repository/docker-hub/moby/buildkit"])]) == 1
    error_message = "The permission to pull the image of BuildKit is missing or too wide."
  }
}

run "a_builder_of_another_account_is_none_of_the_fleets_registry" {
  command = plan

  module {
    source = "./modules/image-builds"
  }

  variables {
    buildkit_image = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/moby/buildkit"
  }

  assert {
    condition     = local.buildkit_repository == null
    error_message = "Builds may pull from a repository with the name of one in another account."
  }
}

run "without_a_builder_no_variable_names_one" {
  command = plan

  module {
    source = "./modules/image-builds"
  }

  assert {
    condition     = !contains(keys(local.variables), "BUILDKIT_IMAGE") && local.buildkit_repository == null
    error_message = "Builds get an image of BuildKit."
  }
}
