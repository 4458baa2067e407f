output "webhook_url" {
  description = "Where GitHub sends its webhooks: event workflow_job, content type application/json, with the webhook's secret."
  value       = module.webhook.url
}

output "tables" {
  description = "Names of the tables: events, the log, and runners, the projection."
  value       = { events = module.event_log.events_table.name, runners = module.event_log.runners_table.name }
}

output "queue_urls" {
  description = "URLs of all queues: the consumers', their dead letters', of failed events and of what could not be delivered."
  value = merge(
    { for name, queue in module.queues.consumers : name => queue.url },
    { for name, queue in module.queues.dead_letters : "${name}_dead_letters" => queue.url },
    { failed_events = module.queues.failed_events.url, undelivered = module.queues.undelivered.url },
  )
}

output "cluster" {
  description = "Name and ARN of the ECS cluster."
  value       = module.fleet.cluster
}

output "task_definition" {
  description = "ARN of the base task definition."
  value       = module.fleet.task_definition.arn
}

output "repository_url" {
  description = "URL of the ECR repository of the runner images."
  value       = module.fleet.repository.url
}

output "config_bucket" {
  description = "Name of the bucket of the runners' environment files."
  value       = module.fleet.bucket.name
}

output "image_build_project" {
  description = "Name of the CodeBuild project that builds the runner images; null where none are built."
  value       = local.build_project
}

output "event_bus" {
  description = "Name and ARN of the fleet's own bus, for the operator's subscribers."
  value       = { name = aws_cloudwatch_event_bus.fleet.name, arn = aws_cloudwatch_event_bus.fleet.arn }
}

output "functions" {
  description = "Name and ARN of each function."
  value       = { for name, function in module.functions.functions : name => { name = function.name, arn = function.arn } }
}

output "role_arns" {
  description = "ARNs of the roles: of each function, of a runner's task and of what starts it."
  value       = merge(module.functions.roles, { "runner-task" = module.fleet.roles.task, "runner-execution" = module.fleet.roles.execution })
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard."
  value       = module.observability.dashboard
}

output "cli_environment" {
  description = "The environment that the command line needs."
  value       = local.cli_environment
}

output "cli_exports" {
  description = "The same to paste into a shell: terraform output -raw cli_exports."
  value       = join("", [for name, value in local.cli_environment : "export ${name}='${value}'\n"])
}

output "image_revision" {
  description = "Changes with whatever runner images are made of but their base; then all are built anew."
  value       = local.image_revision
}

output "function_environments" {
  description = "Variables of each function's environment. There is no secret in them, only names of parameters."
  value       = local.environments
}
