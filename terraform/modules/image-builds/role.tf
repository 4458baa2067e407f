# What a build may do: read its source, push its image, write its log.

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codebuild.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.arn]
    }
  }
}

resource "aws_iam_role" "build" {
  name                 = local.project
  description          = "What a build of a runner image may do"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn

  tags = var.tags
}

resource "aws_iam_role_policy" "build" {
  name   = "build"
  role   = aws_iam_role.build.id
  policy = data.aws_iam_policy_document.build.json
}

data "aws_iam_policy_document" "build" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken has no resource to be limited to
  statement {
    sid       = "ReadTheSource"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${var.bucket.arn}/source/*"]
  }

  statement {
    sid       = "KnowTheBucket" # CodeBuild's own service role has it too, as S3BucketIdentity.
    actions   = ["s3:GetBucketAcl", "s3:GetBucketLocation"]
    resources = [var.bucket.arn]
  }

  statement {
    sid = "PushTheImage"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [var.repository.arn]
  }

  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # AWS has no resource for it.
  }

  statement {
    sid       = "WriteTheLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.build.arn}:*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "Decrypt"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}
