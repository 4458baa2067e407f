"""Stopping a runner."""
