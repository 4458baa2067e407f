"""Runner images."""
