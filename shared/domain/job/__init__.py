"""A job: what GitHub reports of it, and whether it gets a runner."""
