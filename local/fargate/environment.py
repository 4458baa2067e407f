"""Computes the environment variables of a container from its task.

Source: Amazon ECS Developer Guide, "Pass environment variables to an Amazon ECS container".
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.aws.task_host import TaskView

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment_of(
    task: TaskView,
    definition: Mapping[str, Any],
    image: Mapping[str, str],
    fetch: Callable[[str], str],
) -> dict[str, str]:
    """Return the variables of the task's container, without those of this process.

    The precedence is that of ECS: single variables over files, overrides over the definition,
    both over the image. `fetch` reads the object of an ARN; its exceptions propagate.
    """
    overrides = task["overrides"].get("containerOverrides", [])
    sources: list[Mapping[str, Any]] = [definition]
    sources += [one for one in overrides if one.get("name") == definition["name"]]
    found = {"PATH": _PATH, **image}
    for file in (file for one in sources for file in one.get("environmentFiles", [])):
        found |= read_environment_file(fetch(file["value"]))
    for pair in (pair for one in sources for pair in one.get("environment", [])):
        found[pair["name"]] = pair["value"]
    return found


def read_environment_file(text: str) -> dict[str, str]:
    """Parse an environment file.

    Each line is `NAME=value`. Lines that begin with `#` are comments. Quotes and spaces are part
    of the value.
    """
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    parts = [line.partition("=") for line in lines]
    return {name: value for name, equals, value in parts if name and equals}


def object_of(arn: str) -> tuple[str, str]:
    """Return bucket and key in the ARN of an S3 object."""
    bucket, _, key = arn.partition(":::")[2].partition("/")
    return bucket, key
