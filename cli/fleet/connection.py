"""How the command line reaches a fleet: its name, and the profile and the Region at AWS."""

from typing import NamedTuple


class Connection(NamedTuple):
    """The values of the global options. None: not given.

    Attributes:
        fleet: The prefix of the fleet, of --fleet or ECSRUNNER_FLEET.
        typed: Whether `fleet` is of --fleet, which has priority over the variables of a fleet.
        profile: The profile in AWS's configuration files, of --profile.
        region: The Region, of --region.
    """

    fleet: str | None = None
    typed: bool = False
    profile: str | None = None
    region: str | None = None


DEFAULT = Connection()
"""No option was given: the variables of the environment apply."""
