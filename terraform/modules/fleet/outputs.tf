output "cluster" {
  description = "Name and ARN of the cluster."
  value       = { name = aws_ecs_cluster.runners.name, arn = aws_ecs_cluster.runners.arn }
}

output "task_definition" {
  description = "ARN, family and image of the base task definition."
  value = {
    arn    = aws_ecs_task_definition.runner.arn
    family = aws_ecs_task_definition.runner.family
    image  = "${aws_ecr_repository.runners.repository_url}:${var.runner_image_tag}"
  }
}

output "roles" {
  description = "ARNs of the task role and the execution role of runners."
  value       = { execution = aws_iam_role.execution.arn, task = aws_iam_role.task.arn }
}

output "bucket" {
  description = "Name and ARN of the bucket of the environment files."
  value       = { name = aws_s3_bucket.configs.bucket, arn = aws_s3_bucket.configs.arn }
}

output "repository" {
  description = "Name, ARN and URL of the repository of the runner images."
  value = {
    name = aws_ecr_repository.runners.name
    arn  = aws_ecr_repository.runners.arn
    url  = aws_ecr_repository.runners.repository_url
  }
}

output "log_group" {
  description = "Name of the log group of the runners."
  value       = aws_cloudwatch_log_group.runners.name
}
