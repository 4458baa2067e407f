# What a launch reads: the environment files of the runners, and their images.

locals {
  # Bucket names are one for all of AWS: eight digits of account and Region keep the name apart, and within 63 characters.
  bucket = "${var.prefix}-configs-${substr(sha256("${var.here.account_id}/${var.here.region}"), 0, 8)}"
}

resource "aws_s3_bucket" "configs" {
  #checkov:skip=CKV_AWS_18:an access log would outlive the objects, which live for minutes
  #checkov:skip=CKV_AWS_21:a version would keep what is to be gone: just-in-time configs
  #checkov:skip=CKV_AWS_144:an object that is lost is made again
  #checkov:skip=CKV_AWS_145:the key is the operator's choice, kms_key_arn
  #checkov:skip=CKV2_AWS_62:nobody waits for an object
  bucket        = local.bucket
  force_destroy = true # Whatever is in it is gone within a day.

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

# Runner ids, and so the names of their files, begin with the prefix and `-`; what images are built from does not.
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

  # S3 refuses two changes of a bucket's access at once.
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
  #checkov:skip=CKV_AWS_136:the key is the operator's choice, kms_key_arn
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

# A tagged image may be in use for as long as its recipe is the newest, and the log holds its digest: none expires by itself.
resource "aws_ecr_lifecycle_policy" "runners" {
  repository = aws_ecr_repository.runners.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Images that no tag names are left over from pushes that failed"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
      action       = { type = "expire" }
    }]
  })
}
