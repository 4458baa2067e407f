"""Explicit-state model checking of the control plane: every interleaving of a small fleet.

The consumers are the product's own `Driver`, taken apart at its port calls; what stands around them
(GitHub, ECS, queues, time, faults) is one immutable value. `python -m tests.simulation.explore`
searches it breadth first. No rule of the product is written down here a second time.

A search is whole within its scenario's bound: how many jobs, runners, faults and notices under way,
and where consumers may be interrupted (`scenario`). Images and the Janitor's sweeps other than that
of deadlines are not searched.
"""
