"""Reads what the configuration of the deployed scheduler shows: the version, and limits.

`status` shows it, and `timeline` draws the limit. The function is found by the fleet's prefix,
which the name of the events table begins with.
"""

from collections.abc import Mapping

from botocore.exceptions import ClientError
from msgspec import Struct

from cli.doctor.deployed import version_in
from cli.doctor.errors import is_denied, is_missing
from cli.fleet.context import EVENTS_TABLE, Fleet

TABLE_END = "-events"
"""What the name of an events table ends with, after the prefix."""


class Deployed(Struct, frozen=True, kw_only=True):
    """What the scheduler's configuration shows. None: it could not be read, or is not there.

    `image_uri` is the repository of the images, or the only image; it is empty if unknown.
    """

    version: str | None = None
    max_runners: int | None = None
    circuit_failures: int | None = None
    image_uri: str = ""


def prefix_of(fleet: Fleet) -> str:
    """Return the fleet's prefix, or "" if the name of the events table does not show it."""
    table = fleet.variable(EVENTS_TABLE)
    return table.removesuffix(TABLE_END) if table.endswith(TABLE_END) else ""


def deployed(fleet: Fleet, prefix: str) -> Deployed:
    """Return what the scheduler of the fleet with that prefix shows.

    Raises:
        ClientError, BotoCoreError: AWS refuses, has no such function, or can't be reached.
    """
    found = fleet.client("lambda").get_function_configuration(FunctionName=f"{prefix}-scheduler")
    variables = found.get("Environment", {}).get("Variables", {})
    return shown(found.get("Description", ""), variables)


def max_runners(fleet: Fleet) -> int | None:
    """Return the deployed limit of runners, or None if it is unknown or may not be read.

    Raises:
        ClientError, BotoCoreError: AWS can't be reached, or fails otherwise.
    """
    prefix = prefix_of(fleet)
    if not prefix:
        return None
    try:
        return deployed(fleet, prefix).max_runners
    except ClientError as error:
        if is_denied(error) or is_missing(error):
            return None
        raise


def shown(description: str, environment: Mapping[str, str]) -> Deployed:
    """Return what the description and the environment of a function show."""
    return Deployed(
        version=version_in(description) or None,
        max_runners=_number(environment, "MAX_RUNNERS"),
        circuit_failures=_number(environment, "CIRCUIT_FAILURES"),
        image_uri=environment.get("IMAGE_REPOSITORY") or environment.get("RUNNER_IMAGE", ""),
    )


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "")
    return int(text) if text.isdecimal() else None
