"""Sends a nudge for each new event: the transactional outbox of the log."""
