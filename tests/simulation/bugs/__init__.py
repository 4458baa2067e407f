"""Grading the proof: bugs planted in the product one at a time, which exploration or simulation
must catch. A bug that nobody catches is a hole in the proof. `python -m tests.simulation.bugs`
prints who caught which.
"""
