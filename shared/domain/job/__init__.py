"""Workflow jobs: the status that GitHub reports, and whether a job gets a runner."""
