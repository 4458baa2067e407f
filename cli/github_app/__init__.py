"""Creates a GitHub App for the fleet from a manifest, and sets the URL of its webhook."""
