"""Reads botocore's data files once for all boto3 sessions of a process.

Each session parses the files of its services anew, which is most of the CPU time of a test that
creates clients. Sessions only read what a loader returns, and one session's clients share it, too.
"""

import functools

import botocore.session


def share() -> None:
    """Give all sessions that are created from now on the same loader."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
