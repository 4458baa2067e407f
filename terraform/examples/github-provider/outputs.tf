output "fleet" {
  description = "All outputs of the module."
  value       = module.fleet
}

output "cli_exports" {
  description = "Export statements for a shell: eval \"$(terraform output -raw cli_exports)\"."
  value       = module.fleet.cli_exports
}
