"""The loop that reads a stream, asks what is next, does it and records what came of it."""
