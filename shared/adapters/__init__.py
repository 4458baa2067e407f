"""The implementations of the ports that call AWS and GitHub, one module per service."""
