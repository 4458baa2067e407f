"""A burst of jobs on the local stack, watched to its end and judged."""
