"""Appends facts from GitHub and AWS to the log."""
