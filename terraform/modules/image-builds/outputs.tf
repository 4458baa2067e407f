output "project" {
  description = "Name of the CodeBuild project."
  value       = aws_codebuild_project.runner_image.name
}

output "role" {
  description = "ARN of the role of a build."
  value       = aws_iam_role.build.arn
}
