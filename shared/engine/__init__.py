"""The loop that reads a stream, carries out its next action and records the outcome."""
