output "url" {
  description = "Where GitHub sends its webhooks."
  value       = "${aws_apigatewayv2_api.webhook.api_endpoint}/webhook"
}

output "api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.webhook.id
}
