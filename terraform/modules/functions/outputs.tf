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

output "consumers" {
  description = "Of each consumer: messages an invocation, invocations at once, seconds an invocation."
  value = { for name, mapping in aws_lambda_event_source_mapping.consumer : name => {
    batch_size      = mapping.batch_size
    concurrency     = one(mapping.scaling_config[*].maximum_concurrency)
    timeout_seconds = aws_lambda_function.this[name].timeout
  } }
}

output "reserved_concurrency" {
  description = "Concurrency reserved for functions, by their names."
  value       = { for name, function in aws_lambda_function.this : name => function.reserved_concurrent_executions if function.reserved_concurrent_executions >= 0 }
}

output "log_groups" {
  description = "Name of each function's log group."
  value       = { for name, group in aws_cloudwatch_log_group.function : name => group.name }
}
