"""The GitHub emulator: the REST API, webhooks, and the service to which runners connect."""
