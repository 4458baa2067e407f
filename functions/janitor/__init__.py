"""Enforces what events alone cannot: deadlines, and that ECS, GitHub and the log agree.

Each sweep has a module of its own and a bound of its own; `sweep` is what they share.
"""
