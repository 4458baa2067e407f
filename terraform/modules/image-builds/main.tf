# The CodeBuild project that builds runner images from a zip in S3. It needs no credentials for a source repository.
#
# StartBuild passes the tag and the base image as environment variables; see shared/adapters/images.py.

locals {
  project = "${var.prefix}-runner-image"
  arn     = "arn:${var.here.partition}:codebuild:${var.here.region}:${var.here.account_id}:project/${local.project}"

  environments = {
    x64   = { type = "LINUX_CONTAINER", image = "aws/codebuild/amazonlinux-x86_64-standard:5.0" }
    arm64 = { type = "ARM_CONTAINER", image = "aws/codebuild/amazonlinux-aarch64-standard:3.0" }
  }

  # The variables that runner/build.sh reads.
  variables = merge({
    REPOSITORY_URI      = var.repository.url
    RUNNER_VERSION      = var.runner_version
    RUNNER_SHA256       = coalesce(var.runner_sha256, "pinned")
    RUNNER_DOWNLOAD_URL = var.runner_download_url
  }, var.buildkit_image == null ? {} : { BUILDKIT_IMAGE = var.buildkit_image })

  # The repository of buildkit_image if it is in the registry that builds log in to, else null.
  registry            = "${var.here.account_id}[.]dkr[.]ecr[.]${var.here.region}[.]amazonaws[.]com(?:[.]cn)?"
  buildkit_repository = try(regex("^${local.registry}/([^:@]+)", var.buildkit_image)[0], null)

  source_hash = fileexists(var.source_zip) ? filesha256(var.source_zip) : "missing"
}

resource "aws_s3_object" "source" {
  bucket = var.bucket.name
  key    = "source/runner-${local.source_hash}.zip"
  source = var.source_zip

  tags = var.tags

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = fileexists(var.source_zip)
      error_message = "${var.source_zip} does not exist. Run `make package`."
    }
  }
}

resource "aws_codebuild_project" "runner_image" {
  #checkov:skip=CKV_AWS_147:a build has no artifacts except its image
  #checkov:skip=CKV_AWS_316:Docker requires it; each build runs in its own environment, which is deleted afterwards
  name           = local.project
  description    = "Builds the runner images of the fleet ${var.prefix}"
  service_role   = aws_iam_role.build.arn
  build_timeout  = var.timeout_minutes
  queued_timeout = 60

  concurrent_build_limit = var.max_at_once

  source {
    type     = "S3"
    location = "${var.bucket.name}/${aws_s3_object.source.key}"
  }

  artifacts {
    type = "NO_ARTIFACTS"
  }

  environment {
    type            = local.environments[var.architecture].type
    image           = local.environments[var.architecture].image
    compute_type    = "BUILD_GENERAL1_SMALL"
    privileged_mode = true

    dynamic "environment_variable" {
      for_each = local.variables
      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build.name
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_group" "build" {
  #checkov:skip=CKV_AWS_158:the operator chooses the key by kms_key_arn
  #checkov:skip=CKV_AWS_338:the operator chooses the retention by log_retention_days
  name              = "/${var.prefix}/runner-image"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}
