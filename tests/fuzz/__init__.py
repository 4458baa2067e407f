"""Hostile input by the thousand for the real handlers on simulated AWS: `python -m tests.fuzz`.

Each target makes its input from a seed, hands it in, and checks what must hold: no exception, named
refusals, and nothing stored that can't be read back.
"""
