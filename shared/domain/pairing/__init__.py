"""Which runner waits for which job, and which job it took."""
