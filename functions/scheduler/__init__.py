"""Creates capacity: launches tasks."""
