# The tables of the log and of the projection. The log is the system of record; the projection can be rebuilt from it.
#
# Neither table has a TTL: an event is never removed, and the functions write no expiry attribute.

locals {
  # Indexes of the projection. All keys are strings; the order is partition key, sort key.
  indexes = {
    by_status   = ["status", "status_at"]
    by_deadline = ["live", "deadline"]
    by_arrival  = ["waiting", "arrived_at"]
  }
}

resource "aws_dynamodb_table" "events" {
  #checkov:skip=CKV_AWS_119:the operator chooses the key by kms_key_arn
  name         = "${var.prefix}-events"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "stream"
  range_key    = "seq"

  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES" # The old image contains the event that was replaced or removed.

  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "stream"
    type = "S"
  }

  attribute {
    name = "seq"
    type = "N"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }

  tags = var.tags
}

resource "aws_dynamodb_table" "runners" {
  #checkov:skip=CKV_AWS_119:the operator chooses the key by kms_key_arn
  name         = "${var.prefix}-runners"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "runner_id"

  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = toset(concat(["runner_id"], flatten(values(local.indexes))))
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value[0]
      range_key       = global_secondary_index.value[1]
      projection_type = "ALL"
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }

  tags = var.tags
}
