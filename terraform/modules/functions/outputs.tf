output "functions" {
  description = "For each function: name, ARN, invoke ARN for an API and, if these are qualified, the version."
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
  description = "For each consumer: batch size, maximum concurrency and timeout in seconds."
  value = { for name, mapping in aws_lambda_event_source_mapping.consumer : name => {
    batch_size      = mapping.batch_size
    concurrency     = one(mapping.scaling_config[*].maximum_concurrency)
    timeout_seconds = aws_lambda_function.this[name].timeout
  } }
}

output "reserved_concurrency" {
  description = "Reserved concurrency, by function name."
  value       = { for name, function in aws_lambda_function.this : name => function.reserved_concurrent_executions if function.reserved_concurrent_executions >= 0 }
}

output "log_groups" {
  description = "Name of each function's log group."
  value       = { for name, group in aws_cloudwatch_log_group.function : name => group.name }
}
