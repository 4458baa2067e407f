"""Benchmarks that measure the design's performance goals: cold starts, load, cost.

They are not tests, so a slow machine does not make them fail.
"""
