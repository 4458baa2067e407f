"""A function that can't be imported."""

raise RuntimeError("this module never comes up")
