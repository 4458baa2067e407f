"""The implementations of the ports that talk to AWS and GitHub. One module a service."""
