output "project" {
  description = "Name of the CodeBuild project."
  value       = aws_codebuild_project.runner_image.name
}

output "role" {
  description = "ARN of the service role of the project."
  value       = aws_iam_role.build.arn
}
