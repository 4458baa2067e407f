"""The command line `ecsrunner`: shows what the fleet does and did, and operates it."""
