"""The command line `ecsrunner`: what the fleet does and did, and why."""
