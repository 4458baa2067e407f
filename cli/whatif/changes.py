"""What would be different: a file and settings, checked by pydantic, and the policy with it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from cli.analysis.prices import INCLUDED_GB, MOST_GB, Architecture
from cli.whatif.changes_file import BadFileError, Content, Place, read_content
from shared.domain.fargate import size_error
from shared.domain.policy import ClassSize, Policy

Seconds = Annotated[int, Field(ge=1, le=7 * 86_400)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Dollars = Annotated[float, Field(ge=0)]


class BadChangesError(ValueError):
    """A change is not allowed; the message names it, and what is allowed."""


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


class PriceChanges(_Strict):
    """What tasks are priced by, in US dollars; see `cli.analysis.prices` and `cli.analysis.cost`.

    `vcpu_hour` and `gb_hour` are those of FARGATE, in the Region of the tasks.
    """

    vcpu_hour: Dollars | None = None
    gb_hour: Dollars | None = None
    storage_gb_hour: Dollars | None = None
    address_hour: Dollars | None = None
    spot_ratio: Annotated[float, Field(ge=0, le=1)] | None = None
    github_minute: Dollars | None = None
    architecture: Architecture | None = None
    storage_gb: Annotated[int, Field(ge=INCLUDED_GB, le=MOST_GB)] | None = None


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
    prices: PriceChanges = PriceChanges()


def read_changes(path: Path | None, settings: tuple[str, ...] = ()) -> Changes:
    """Return the changes of a file and of settings such as `max_runners=50` or `limits.idle=60`.

    Raises:
        BadChangesError: names what is wrong, in a file its line, and what is allowed.
    """
    try:
        content = read_content(path) if path else Content(data={}, lines={})
    except BadFileError as error:
        raise BadChangesError(str(error)) from error
    data = content.data
    set_places = [_set(data, setting) for setting in settings]
    try:
        return Changes.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        line = content.line(first["loc"])
        by_option = any(first["loc"][: len(place)] == place for place in set_places)
        where = f"{path} line {line}: " if line and not by_option else ""
        raise BadChangesError(f"{where}{_explained(first)}") from error


def _explained(error: ErrorDetails) -> str:
    """Return what is wrong with a value, and for an unknown key which ones are allowed."""
    place = ".".join(map(str, error["loc"])) or "the file"
    message = f"{place}: {error['msg'].lower()}"
    if error["type"] != "extra_forbidden":
        return message
    return f"{message}; allowed: {', '.join(_model(error['loc'][:-1]).model_fields)}"


def _model(place: Place) -> type[BaseModel]:
    """Return the model of an object in the file."""
    models: dict[Place, type[BaseModel]] = {(): Changes}
    models |= {("limits",): LimitChanges, ("prices",): PriceChanges, ("classes",): SizeChange}
    return models[place[:1]]


def apply(policy: Policy, changes: Changes) -> Policy:
    """Return the policy with the changes.

    Raises:
        BadChangesError: a class has no size, or one that Fargate does not have; or the default
            class is none of the classes.
    """
    plain = changes.model_dump(exclude_none=True, exclude={"classes", "limits", "prices"})
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


def _set(data: dict[str, Any], setting: str) -> Place:
    """Add a setting `name=value`, whose value is JSON or else a text, to the data of a file.

    Returns its place.
    """
    name, separator, text = setting.partition("=")
    if not separator or not name:
        raise BadChangesError(f"{setting!r} is not name=value, such as max_runners=50")
    *path, last = name.split(".")
    for part in path:
        data[part] = {} if data.get(part) is None else data[part]
        data = data[part]
        if not isinstance(data, dict):
            raise BadChangesError(f"{name}: {part} is set to a value already")
    try:
        data[last] = json.loads(text)
    except ValueError:
        data[last] = text
    return (*path, last)
