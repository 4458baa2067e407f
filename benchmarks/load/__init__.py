"""`make load`: a load test of the control plane with AWS's latencies and limits, in virtual time.

The functions' code runs against simulated clients (`tests/simulated`). Unlike in the simulation,
each invocation is a separate fiber, which waits during each of its calls while others continue. So
invocations read and append concurrently, and latencies are realistic. The load test injects no
faults: calls fail only because of contention or a limit.
"""
