"""Stopping a runner: the intent, the deregistration, StopTask."""
