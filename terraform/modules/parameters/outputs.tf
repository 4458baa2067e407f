output "class_sizes" {
  description = "Name and ARN of the parameter of the class sizes."
  value       = { name = aws_ssm_parameter.class_sizes.name, arn = aws_ssm_parameter.class_sizes.arn }
}

output "secrets" {
  description = "Of each secret, by what it is: name and ARN of its parameter, and ARN of the secret in Secrets Manager that it refers to, if it does."
  value       = local.secrets
}

output "due" {
  description = "Which secrets this apply writes, and therefore needs."
  value       = [for name, due in local.due : name if due]
}
