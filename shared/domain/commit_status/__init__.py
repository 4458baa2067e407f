"""The commit status that shows at GitHub why a job has no runner."""
