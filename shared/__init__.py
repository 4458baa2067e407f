"""The code that all functions share: domain, ports, engine, adapters and settings."""
