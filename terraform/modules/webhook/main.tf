# The HTTP API that receives GitHub's webhooks, with one route. The function verifies that a request is from GitHub, by its signature.

resource "aws_apigatewayv2_api" "webhook" {
  name          = "${var.prefix}-webhook"
  description   = "GitHub's webhooks for the fleet ${var.prefix}"
  protocol_type = "HTTP"

  tags = var.tags
}

resource "aws_apigatewayv2_integration" "ingest" {
  api_id                 = aws_apigatewayv2_api.webhook.id
  integration_type       = "AWS_PROXY"
  integration_uri        = var.ingest.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "webhook" {
  #checkov:skip=CKV_AWS_309:GitHub signs its requests, and the function verifies the signature
  api_id    = aws_apigatewayv2_api.webhook.id
  route_key = "POST /webhook"
  target    = "integrations/${aws_apigatewayv2_integration.ingest.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.webhook.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_burst_limit = var.burst
    throttling_rate_limit  = var.rate
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      request_id = "$context.requestId"
      at         = "$context.requestTime"
      ip         = "$context.identity.sourceIp"
      route      = "$context.routeKey"
      status     = "$context.status"
      bytes      = "$context.responseLength"
      latency    = "$context.responseLatency"
      error      = "$context.error.message"
      function   = "$context.integrationErrorMessage"
    })
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:the operator chooses the key by kms_key_arn
  #checkov:skip=CKV_AWS_338:the operator chooses the retention by log_retention_days
  name              = "/${var.prefix}/webhook"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn

  tags = var.tags
}

resource "aws_lambda_permission" "webhook" {
  statement_id  = "webhook"
  action        = "lambda:InvokeFunction"
  function_name = var.ingest.name
  qualifier     = var.ingest.qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.webhook.execution_arn}/*/POST/webhook"
}
