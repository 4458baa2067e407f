"""Running a job again that was lost with its task."""
