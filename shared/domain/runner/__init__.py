"""A runner: its launch, its task, its limits."""
