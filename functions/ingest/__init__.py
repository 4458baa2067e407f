"""The only door from outside into the log."""
