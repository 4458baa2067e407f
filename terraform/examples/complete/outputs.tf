output "fleet" {
  description = "All that the module tells."
  value       = module.fleet
}

output "webhook_url" {
  description = "Where GitHub sends its webhooks."
  value       = module.fleet.webhook_url
}

output "cli_exports" {
  description = "For a shell: eval \"$(terraform output -raw cli_exports)\"."
  value       = module.fleet.cli_exports
}
