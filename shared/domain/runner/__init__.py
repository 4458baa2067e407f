"""Runners: their launch, their task and their limits."""
