"""The demo: runs a burst of jobs on the local stack and verifies the result."""
