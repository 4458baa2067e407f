"""Loads a function's settings from its environment into a frozen struct.

A field is read from the variable with its name in capitals. A tuple of texts is written with
commas, one of structs as JSON. A field without a default is required. One error names every missing
or wrong variable. It uses msgspec and not pydantic because ingest loads settings, too, and must
stay light (see ADR 4).
"""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)


class SettingsError(ValueError):
    """Variables of the environment are missing or wrong. The message names each of them."""


def load(model: type[T], environment: Mapping[str, str]) -> T:
    """Return the settings in `environment`.

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
            except msgspec.DecodeError as error:
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
        item = get_args(kind)[0]
        if isinstance(item, type) and issubclass(item, Struct):
            return msgspec.json.decode(text, type=kind)
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return msgspec.convert(text, kind, strict=False)
