"""`make load`: the control plane under AWS's delays and limits, by a virtual clock.

The functions' real code runs against simulated clients (`tests/simulated`). Unlike in the
simulation, each invocation is a fiber of its own that waits in each of its calls while all others
go on, so that two of them read and append at the same time and latencies are what they would be. No
fault is made here: what fails, fails by contention or by a limit.
"""
