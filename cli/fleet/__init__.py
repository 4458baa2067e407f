"""The fleet that a command works on: how it is found and named, and the ports to its AWS services.

Commands take a `context.Fleet`; `aws_fleet` makes one of a deployed fleet, tests of simulated AWS.
"""
