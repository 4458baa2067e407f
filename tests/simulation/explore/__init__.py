"""Explicit-state model checking of the control plane: every interleaving of a small fleet.

The consumers are the product's own `Driver`, interrupted at its port calls. Everything around them
(GitHub, ECS, queues, time, faults) is one immutable value. `python -m tests.simulation.explore`
searches it breadth first. No rule of the product is repeated here.

A search is complete within the bounds of its scenario: the number of jobs, runners, faults and
notices under way, and where consumers may be interrupted (`scenario`). Images, and sweeps of the
Janitor other than that of deadlines, are not searched. The README explains how to run a search, how
to read a trace, and what each reduction assumes.
"""
