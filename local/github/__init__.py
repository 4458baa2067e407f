"""GitHub as far as a runner fleet sees it: REST, webhooks, and the service that runners talk to."""
