output "functions" {
  description = "Name, ARN, the ARN by which an API invokes it and, if these name one, the version of each function."
  value       = local.invoked
}

output "roles" {
  description = "ARN of each function's role."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
}

output "rules" {
  description = "Names of the rules on the default bus."
  value       = [for rule in aws_cloudwatch_event_rule.ingest : rule.name]
}
