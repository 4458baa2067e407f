"""A function's settings: a frozen struct that is read once from its environment, when it is wired.

A field is the variable of its name in capitals; a tuple is written with commas; a field without
default is required. Every missing or wrong variable is named in one error. This is msgspec and not
pydantic because ingest loads settings too and must stay light (see ADR 4).
"""

from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)


class SettingsError(ValueError):
    """The environment does not hold what the function needs; the text names each variable."""


def load(model: type[T], environment: Mapping[str, str]) -> T:
    """The settings that `environment` holds.

    Raises:
        SettingsError: variables are missing or wrong.
    """
    types = get_type_hints(model, include_extras=True)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(model):
        name, text = field.name.upper(), environment.get(field.name.upper(), "").strip()
        if text:
            try:
                values[field.name] = _convert(text, types[field.name])
            except msgspec.ValidationError as error:
                problems.append(f"{name} is wrong ({error}); it is {text!r}")
        elif field.required:
            problems.append(f"{name} is missing")
    if not problems:
        try:
            return model(**values)
        except ValueError as error:
            problems.append(str(error))
    raise SettingsError(f"{model.__name__}: {'; '.join(problems)}")


def _convert(text: str, kind: Any) -> Any:
    if getattr(kind, "__origin__", None) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return msgspec.convert(text, kind, strict=False)
