"""Enforces deadlines, and repairs differences between ECS, GitHub and the log.

Each sweep has its own module and its own bound; `sweep` has what they share.
"""
