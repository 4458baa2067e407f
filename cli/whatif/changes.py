"""The file that names what a policy would be instead: JSON or TOML, read by pydantic."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.fargate import size_error
from shared.domain.policy import ClassSize, Policy

Seconds = Annotated[int, Field(ge=1, le=7 * 86_400)]
Count = Annotated[int, Field(ge=1, le=100_000)]


class BadChangesError(ValueError):
    """The file can't be read, or names something that is no policy; the message names it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SizeChange(_Strict):
    """The size of a class. What is not given stays as it was."""

    cpu: int | None = None
    memory: int | None = None
    capacity: tuple[str, ...] | None = Field(default=None, min_length=1)


class LimitChanges(_Strict):
    """The limits of a runner in seconds; see `shared.domain.policy.Limits`."""

    lease: Seconds | None = None
    start: Seconds | None = None
    idle: Seconds | None = None
    finish: Seconds | None = None
    stop: Seconds | None = None
    ttl: Seconds | None = None


class Changes(_Strict):
    """What differs from the recorded policy; see `shared.domain.policy.Policy`.

    `classes` adds or changes classes by name; null removes one.
    """

    max_runners: Count | None = None
    classes: dict[str, SizeChange | None] = {}
    default_class: str | None = None
    limits: LimitChanges = LimitChanges()
    circuit_failures: Count | None = None
    circuit_pause: Seconds | None = None
    max_launches: Count | None = None
    launches_per_minute: Count | None = None
    require_run_label: bool | None = None
    backoff_first: Annotated[float, Field(gt=0, le=3600)] | None = None
    backoff_most: Annotated[float, Field(gt=0, le=86_400)] | None = None


def read_changes(path: Path | None, settings: tuple[str, ...] = ()) -> Changes:
    """Return the changes of a file and of settings such as `max_runners=50` or `limits.idle=60`.

    Raises:
        BadChangesError: names what is wrong, and what is allowed.
    """
    data = _content(path) if path else {}
    for setting in settings:
        _set(data, setting)
    try:
        return Changes.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        allowed = ", ".join(Changes.model_fields)
        hint = f"; allowed: {allowed}" if first["type"] == "extra_forbidden" else ""
        raise BadChangesError(f"{place}: {first['msg'].lower()}{hint}") from error


def apply(policy: Policy, changes: Changes) -> Policy:
    """Return the policy with the changes.

    Raises:
        BadChangesError: a class has no size, or one that Fargate does not have; or the default
            class is none of the classes.
    """
    plain = changes.model_dump(exclude_none=True, exclude={"classes", "limits"})
    classes = _classes(policy.classes, changes.classes)
    default = changes.default_class or policy.default_class
    if default not in classes:
        raise BadChangesError(f"default_class {default!r} is none of: {', '.join(classes)}")
    limits = replace(policy.limits, **changes.limits.model_dump(exclude_none=True))
    return replace(policy, **plain, classes=classes, limits=limits)


def _classes(
    known: Mapping[str, ClassSize], changes: Mapping[str, SizeChange | None]
) -> dict[str, ClassSize]:
    classes = dict(known)
    for name, change in changes.items():
        if change is None:
            classes.pop(name, None)
            continue
        given = change.model_dump(exclude_none=True)
        old = classes.get(name)
        if old is None and not {"cpu", "memory"} <= given.keys():
            raise BadChangesError(f"class {name!r} is new: it needs cpu and memory")
        size = replace(old, **given) if old else ClassSize(**given)
        wrong = size_error(size.cpu, size.memory)
        if wrong:
            raise BadChangesError(f"class {name!r}: {wrong}")
        classes[name] = size
    return classes


def _content(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadChangesError(f"{path} is no JSON or TOML file: {error}") from error
    if not isinstance(found, dict):
        raise BadChangesError(f"{path} is not an object with the changes of a policy")
    return found


def _set(data: dict[str, Any], setting: str) -> None:
    """Add a setting `name=value`, whose value is JSON or else a text, to the data of a file."""
    name, separator, text = setting.partition("=")
    if not separator or not name:
        raise BadChangesError(f"{setting!r} is not name=value, such as max_runners=50")
    *path, last = name.split(".")
    for part in path:
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            raise BadChangesError(f"{name}: {part} is set to a value already")
    try:
        data[last] = json.loads(text)
    except ValueError:
        data[last] = text
