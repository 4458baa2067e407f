output "fleet" {
  description = "All outputs of the module."
  value       = module.fleet
}

output "webhook_url" {
  description = "URL for the webhook at GitHub."
  value       = module.fleet.webhook_url
}

output "cli_exports" {
  description = "Export statements for a shell: eval \"$(terraform output -raw cli_exports)\"."
  value       = module.fleet.cli_exports
}
