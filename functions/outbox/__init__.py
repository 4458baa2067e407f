"""The transactional outbox of the log: sends the nudges and the notices of new events."""
