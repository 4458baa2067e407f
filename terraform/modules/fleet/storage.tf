# Storage that a launch reads: the bucket of the environment files and the image repository.

locals {
  # Bucket names are globally unique. Eight digits of a hash of account and Region make the name unique within 63 characters.
  bucket = "${var.prefix}-configs-${substr(sha256("${var.here.account_id}/${var.here.region}"), 0, 8)}"
}

resource "aws_s3_bucket" "configs" {
  #checkov:skip=CKV_AWS_18:the objects are deleted after a day, and are of no use after minutes
  #checkov:skip=CKV_AWS_21:versioning would keep just-in-time configs, which must expire
  #checkov:skip=CKV_AWS_144:lost objects are created again
  #checkov:skip=CKV_AWS_145:the operator chooses the key by kms_key_arn
  #checkov:skip=CKV2_AWS_62:no consumer needs notifications of new objects
  bucket        = local.bucket
  force_destroy = true # Environment files expire after a day, and an apply uploads the build source again.

  tags = var.tags
}

resource "aws_s3_bucket_public_access_block" "configs" {
  bucket                  = aws_s3_bucket.configs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "configs" {
  bucket = aws_s3_bucket.configs.id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# Nothing else deletes environment files. Runner ids, and so the keys of their files, begin with the prefix and `-`. The source of image builds has another prefix and does not expire.
resource "aws_s3_bucket_lifecycle_configuration" "configs" {
  bucket = aws_s3_bucket.configs.id

  rule {
    id     = "environment-files"
    status = "Enabled"

    filter {
      prefix = "${var.prefix}-"
    }

    expiration {
      days = 1
    }
  }

  rule {
    id     = "uploads-that-failed"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "configs" {
  bucket = aws_s3_bucket.configs.id
  policy = data.aws_iam_policy_document.configs.json

  # S3 rejects concurrent changes of a bucket's access settings.
  depends_on = [aws_s3_bucket_public_access_block.configs]
}

data "aws_iam_policy_document" "configs" {
  statement {
    sid       = "OnlyByTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.configs.arn, "${aws_s3_bucket.configs.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_ecr_repository" "runners" {
  #checkov:skip=CKV_AWS_136:the operator chooses the key by kms_key_arn
  name                 = "${var.prefix}-runner"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_delete

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.kms_key_arn == null ? "AES256" : "KMS"
    kms_key         = var.kms_key_arn
  }

  tags = var.tags
}

# No rule for tagged images: the log refers to them by digest, and they can be in use. The Janitor deletes unused ones.
resource "aws_ecr_lifecycle_policy" "runners" {
  repository = aws_ecr_repository.runners.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Untagged images remain from failed pushes"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
      action       = { type = "expire" }
    }]
  })
}
