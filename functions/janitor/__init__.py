"""Enforces what events alone cannot: deadlines."""
