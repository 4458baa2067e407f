"""Has all boto3 sessions of a process read botocore's data files once.

By default each session parses the files of its services anew. moto creates sessions in many of its
modules, so that parsing would be a good part of what the local stack needs to start.
"""

from functools import cache

import botocore.session


def share() -> None:
    """Give all sessions created from now on the same loader. They only read what it returns."""
    botocore.session.create_loader = cache(botocore.session.create_loader)
