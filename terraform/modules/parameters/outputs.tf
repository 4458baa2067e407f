output "class_sizes" {
  description = "Name and ARN of the parameter that holds the class sizes."
  value       = { name = aws_ssm_parameter.class_sizes.name, arn = aws_ssm_parameter.class_sizes.arn }
}

output "secrets" {
  description = "For each secret: name and ARN of its parameter, and the ARN of the Secrets Manager secret to which it refers, if any."
  value       = local.secrets
}

output "due" {
  description = "Names of the secrets that this apply writes and therefore needs."
  value       = [for name, due in local.due : name if due]
}
