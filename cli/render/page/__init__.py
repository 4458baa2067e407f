"""Renders the report as one HTML page that loads nothing and runs no script. Pure."""
