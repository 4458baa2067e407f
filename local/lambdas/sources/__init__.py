"""The event sources of functions: HTTP API, SQS, DynamoDB stream, asynchronous events, schedules.

Each module defines the format of its event and the handling of failures, for any function.
"""
