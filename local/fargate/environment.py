"""What a container's process sees of the world. Pure, but for the files it is given a way to fetch.

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
    """The variables of the task's container, and no other: nothing of ours leaks into it.

    The more particular wins, as with ECS: single variables over files, overrides over the
    definition, both over the image. `fetch` reads the object of an ARN; its errors pass.
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
    """The variables of an environment file.

    One `NAME=value` a line, lines that begin with `#` are comments, quotes and spaces belong to
    the value.
    """
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    parts = [line.partition("=") for line in lines]
    return {name: value for name, equals, value in parts if name and equals}


def object_of(arn: str) -> tuple[str, str]:
    """The bucket and the key in the ARN of an S3 object."""
    bucket, _, key = arn.partition(":::")[2].partition("/")
    return bucket, key
