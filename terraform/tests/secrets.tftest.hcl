# Tests that only the apply that writes a secret requires its value. tests/terraform/test_apply.py asserts that a later plan is empty.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  prefix      = "fleet"
  here        = { account_id = "111122223333", partition = "aws", region = "eu-central-1" }
  class_sizes = { small = { cpu = 512, memory = 1024, capacity = ["FARGATE"] } }

  # Overrides variables of the environment.
  github_token   = null
  github_app_key = null
  webhook_secret = null

  github_app             = false
  github_token_version   = 1
  github_app_key_version = 1
  webhook_secret_version = 1
}

run "the_first_apply_needs_all_secrets" {
  command = plan

  module {
    source = "./modules/parameters"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.written
    values = { names = [], values = [] }
  }

  expect_failures = [var.github_token, var.webhook_secret]
}

run "a_later_apply_needs_none" {
  command = plan

  module {
    source = "./modules/parameters"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.written
    values = {
      names  = ["/fleet/terraform/written-secrets"]
      values = ["{\"github_token\":\"version 1, key of SSM\",\"webhook_secret\":\"version 1, key of SSM\"}"]
    }
  }

  assert {
    condition     = output.due == []
    error_message = "A later apply needs ${join(", ", output.due)}."
  }
}

run "another_version_needs_its_secret_and_no_other" {
  command = plan

  module {
    source = "./modules/parameters"
  }

  variables {
    webhook_secret_version = 2
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.written
    values = {
      names  = ["/fleet/terraform/written-secrets"]
      values = ["{\"github_token\":\"version 1, key of SSM\",\"webhook_secret\":\"version 1, key of SSM\"}"]
    }
  }

  expect_failures = [var.webhook_secret]
}

run "another_key_needs_the_secrets_that_it_encrypts" {
  command = plan

  module {
    source = "./modules/parameters"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.written
    values = {
      names  = ["/fleet/terraform/written-secrets"]
      values = ["{\"github_token\":\"version 1, key of SSM\",\"webhook_secret\":\"version 1, key of SSM\"}"]
    }
  }

  expect_failures = [var.github_token, var.webhook_secret]
}

run "an_app_needs_its_key_and_no_token" {
  command = plan

  module {
    source = "./modules/parameters"
  }

  variables {
    github_app     = true
    webhook_secret = "a secret that nobody may see"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.written
    values = { names = [], values = [] }
  }

  expect_failures = [var.github_app_key]
}

run "parameters_that_exist_need_no_secret_at_all" {
  command = plan

  module {
    source = "./modules/parameters"
  }

  variables {
    github_token_parameter   = "/acme/token"
    webhook_secret_parameter = "/acme/webhook"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.written
    values = { names = [], values = [] }
  }

  assert {
    condition     = output.due == []
    error_message = "A secret is required although its parameter exists."
  }
}
