output "url" {
  description = "URL for the webhook at GitHub."
  value       = "${aws_apigatewayv2_api.webhook.api_endpoint}/webhook"
}

output "api_id" {
  description = "ID of the HTTP API."
  value       = aws_apigatewayv2_api.webhook.id
}
