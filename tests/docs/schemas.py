"""Makes the JSON Schema of what each command prints with --json, from its types. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from cli.documents.catalogue import DOCUMENTS, Document, Types
from tests.docs.attributes import meanings, summary

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = "#/$defs/{name}"
Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Return the schemas by the names of their files, without the ending."""
    return {
        name: schema
        for command, document in DOCUMENTS.items()
        for name, schema in _of_command(command, document)
    }


def document_name(command: str) -> str:
    """Return the name of the schema of a command's document."""
    return command.replace(" ", "-")


def line_name(command: str) -> str:
    """Return the name of the schema of one line of what a command prints as JSON Lines."""
    return f"{document_name(command)}-line"


def components(types: Iterable[type[Struct]], *, whole: bool = True) -> dict[str, Schema]:
    """Return the schemas of these types and of all that they contain, by name.

    Args:
        whole: Whether every field is required: a document has also those that are not set.
    """
    _, found = msgspec.json.schema_components(list(types), ref_template=REFERENCE)
    kinds = {one.__name__: one for one in _contained(types)}
    return {name: _described(name, one, kinds, whole=whole) for name, one in sorted(found.items())}


def _of_command(command: str, document: Document) -> Iterable[tuple[str, Schema]]:
    if document.document:
        one = _any(document.document)
        several = {"type": "array", "items": one}
        body = {"anyOf": [*one.get("anyOf", [one]), several]} if document.several else one
        title = f"ecsrunner {command} --json"
        yield document_name(command), _schema(title, body, document.document, document)
    if document.lines:
        options = f"{document.option} --json" if document.option else ""
        title = f"A line of ecsrunner {command} {options}".rstrip()
        body = _any(document.lines)
        yield line_name(command), _schema(title, body, document.lines, document)


def _any(types: Types) -> Schema:
    found = [{"$ref": REFERENCE.format(name=one.__name__)} for one in types]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _schema(title: str, body: Schema, types: Types, document: Document) -> Schema:
    found = components(types, whole=document.whole)
    return {"$schema": DIALECT, "title": title, **body, "$defs": found}


def _described(
    name: str, schema: Schema, kinds: Mapping[str, type[Struct]], *, whole: bool
) -> Schema:
    """Return the schema of a type with its descriptions, and closed to other fields."""
    kind = kinds.get(name)
    if kind is None:
        return schema
    texts, times = meanings(kind), _times(kind)
    properties = {
        field: {"description": texts[field], **_bare(one, is_time=field in times)}
        for field, one in schema["properties"].items()
    }
    return {
        "description": summary(kind),
        "type": "object",
        "properties": properties,
        "required": list(properties) if whole else schema.get("required", []),
        "additionalProperties": False,
    }


def _times(kind: type[Struct]) -> set[str]:
    """Return the fields that are times. msgspec leaves the format of times without a zone open."""
    info = msgspec.inspect.type_info(kind)
    fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
    return {
        field.encode_name
        for field in fields
        if any(isinstance(one, msgspec.inspect.DateTimeType) for one in _alternatives(field.type))
    }


def _alternatives(one: msgspec.inspect.Type) -> Iterable[msgspec.inspect.Type]:
    return one.types if isinstance(one, msgspec.inspect.UnionType) else (one,)


def _bare(schema: Schema, *, is_time: bool) -> Schema:
    """Return the schema of a field without its default: a document has every field."""
    found = {name: value for name, value in schema.items() if name != "default"}
    if is_time:
        for one in found.get("anyOf", [found]):
            one.update({"format": "date-time"} if one["type"] == "string" else {})
    return found


def _contained(types: Iterable[type[Struct]]) -> list[type[Struct]]:
    """Return the types, and those that their fields contain, each once."""
    found: dict[type[Struct], None] = {}
    pending: list[Any] = [msgspec.inspect.type_info(one) for one in types]
    while pending:
        one = pending.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls not in found:
                found[one.cls] = None
                pending += [field.type for field in one.fields]
        else:
            pending += _inside(one)
    return list(found)


def _inside(one: msgspec.inspect.Type) -> list[msgspec.inspect.Type]:
    match one:
        case msgspec.inspect.VarTupleType(item_type=item):
            return [item]
        case msgspec.inspect.UnionType(types=types):
            return list(types)
        case msgspec.inspect.DictType(value_type=value):
            return [value]
        case msgspec.inspect.Metadata(type=inner):
            return [inner]
    return []
