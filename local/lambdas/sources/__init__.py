"""What brings events to functions, as AWS does: requests, queues, asynchronous events, schedules.

Each source knows the shape of its event and what becomes of a failure; none knows a function.
"""
