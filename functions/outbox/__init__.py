"""The transactional outbox of the log: sends a nudge for each new event with a route."""
