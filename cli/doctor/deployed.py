"""Reads which version of the project is deployed: Terraform writes it into the descriptions."""

import re

from cli.doctor.context import Context
from cli.doctor.settings import FUNCTIONS

_VERSION = re.compile(r"\(ecs-runner-fleet (\S+)\)\Z")


def versions(context: Context) -> dict[str, str]:
    """Return the version of each function that is deployed; it is empty if it is not written."""
    found = {one: context.configuration(one) for one in FUNCTIONS}
    return {
        one: version_in(str(configuration.get("Description", "")))
        for one, configuration in found.items()
        if configuration is not None
    }


def deployed_version(context: Context) -> str:
    """Return the version of all functions, or "" if they differ or it is unknown."""
    try:
        found = set(versions(context).values())
    except Exception:  # noqa: BLE001 - the check of the functions reports it
        return ""
    return found.pop() if len(found) == 1 else ""


def version_in(description: str) -> str:
    """Return the version that the description of a function contains, or ""."""
    found = _VERSION.search(description)
    return found[1] if found else ""
