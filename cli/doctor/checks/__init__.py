"""The checks by subject. Each is a function of the context that yields its findings."""
