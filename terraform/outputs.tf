output "webhook_url" {
  description = "URL for the webhook at GitHub: event workflow_job, content type application/json, with the webhook secret."
  value       = module.webhook.url
}

output "tables" {
  description = "Names of the tables: events (the log) and runners (the projection)."
  value       = { events = module.event_log.events_table.name, runners = module.event_log.runners_table.name }
}

output "queue_urls" {
  description = "URLs of all queues: the consumers' queues, their dead-letter queues, failed_events and undelivered."
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
  description = "Name of the CodeBuild project that builds the runner images; null if image_builds is false."
  value       = local.build_project
}

output "event_bus" {
  description = "Name and ARN of the fleet's event bus, to which operators can subscribe."
  value       = { name = aws_cloudwatch_event_bus.fleet.name, arn = aws_cloudwatch_event_bus.fleet.arn }
}

output "functions" {
  description = "Name and ARN of each function."
  value       = { for name, function in module.functions.functions : name => { name = function.name, arn = function.arn } }
}

output "role_arns" {
  description = "ARNs of the roles: of each function, and the task role and execution role of runners."
  value       = merge(module.functions.roles, { "runner-task" = module.fleet.roles.task, "runner-execution" = module.fleet.roles.execution })
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard; null without one."
  value       = module.observability.dashboard
}

output "cli_environment" {
  description = "Environment variables for the command line `ecsrunner`."
  value       = local.cli_environment
}

output "cli_exports" {
  description = "The same variables as export statements for a shell: terraform output -raw cli_exports."
  value       = join("", [for name, value in local.cli_environment : "export ${name}='${value}'\n"])
}

output "cli_parameter" {
  description = "Name of the SSM parameter with which `ecsrunner --fleet PREFIX` finds the fleet: the same variables, and the version."
  value       = aws_ssm_parameter.cli.name
}

output "image_revision" {
  description = "Hash of everything in a runner image except its base image. When it changes, all images are rebuilt."
  value       = local.image_revision
}

output "function_environments" {
  description = "Environment variables of each function. They contain no secret, only names of parameters."
  value       = local.environments
}
