"""Writes the schemas of --json, and the page that describes them: `make json-reference`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.documents.catalogue import DOCUMENTS, Document, Types
from tests.docs.schemas import Schema, components, document_name, line_name, schemas

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "json.md"
FOLDER = DOCS / "schemas"
INTRODUCTION = """# The documents of --json

With `--json` a command of `ecsrunner` prints one JSON document to stdout; notes and errors go to
stderr, and the exit codes are the same. [schemas](schemas) has a JSON Schema (2020-12) of each.

- Every field is there. One without a value is null, or "" or an empty array.
- Times are RFC 3339 in UTC, such as `2026-11-29T14:05:00.250000Z`.
- Durations are seconds, with fractions; the names of most end with `seconds`. Amounts of money are
  US dollars.
- A job has a `state`, a runner a `status`. `job_id` and `runner_id` are their ids everywhere.
- A list is an array of objects in a document; `complete` is false if `--limit` left some out.
- With `--follow` a command prints JSON Lines: one object a line, as it arrives.

```text
$ ecsrunner runners list --json | jq -r '.runners[] | select(.status == "FAILED") | .runner_id'
$ ecsrunner jobs list --since 7d --json | jq '[.jobs[].waited_seconds // 0] | max'
$ ecsrunner logs 12877621891 --follow --json | jq -r '.message'
```

`make json-reference` writes this page and the schemas from the types of the documents; a test
compares them.
"""
_HEADINGS = "| field | type | meaning |\n| --- | --- | --- |"


def files() -> dict[Path, str]:
    """Return the text of each file."""
    found = {FOLDER / f"{name}.json": _text(schema) for name, schema in schemas().items()}
    return {PAGE: page(), **found}


def page() -> str:
    """Return the whole page, in Markdown."""
    shown = components([one for found in DOCUMENTS.values() for one in found.document])
    lines = components([one for found in DOCUMENTS.values() for one in found.lines], whole=False)
    found = {**lines, **shown}
    types = {name: found[name] for name in sorted(found) if "enum" not in found[name]}
    sections = [
        *("\n".join(_command(name, document)) for name, document in DOCUMENTS.items()),
        "## Types\n",
        *("\n".join(_type(name, schema, found)) for name, schema in types.items()),
    ]
    return "\n".join([INTRODUCTION, *sections])


def _text(schema: Schema) -> str:
    return f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"


def _command(command: str, document: Document) -> Iterator[str]:
    yield f"## ecsrunner {command}\n"
    if document.document:
        several = "; of several arguments an array of these" if document.several else ""
        yield f"{_links(document.document)}{several}. Schema: {_file(document_name(command))}.\n"
    if document.lines:
        options = f"With `{document.option} --json`, each" if document.option else "Each"
        yield f"{options} line: {_links(document.lines)}. Schema: {_file(line_name(command))}.\n"


def _links(types: Types) -> str:
    return " or ".join(_link(one.__name__) for one in types)


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _file(name: str) -> str:
    return f"[{name}.json](schemas/{name}.json)"


def _type(name: str, schema: Schema, types: Mapping[str, Schema]) -> Iterator[str]:
    yield f"### {name}\n\n{schema['description']}\n"
    yield _HEADINGS
    for field, one in schema["properties"].items():
        meaning = f"{one['description']}{_values(one, types)}".replace("|", "\\|")
        yield f"| `{field}` | {_name(one, types)} | {meaning} |"
    yield ""


def _name(schema: Schema, types: Mapping[str, Schema]) -> str:
    """Return the name of a type, with a link to it if it has fields of its own."""
    if "$ref" in schema:
        name = _referred(schema)
        return "string" if "enum" in types[name] else _link(name)
    if "anyOf" in schema:
        return " or ".join(_name(one, types) for one in schema["anyOf"])
    match schema.get("type"):
        case "array":
            return f"array of {_name(schema['items'], types)}"
        case "object":
            return f"object of {_name(schema['additionalProperties'], types)} by name"
    return "time" if schema.get("format") == "date-time" else schema.get("type", "any")


def _values(schema: Schema, types: Mapping[str, Schema]) -> str:
    """Return a sentence with the values of a field, if it has but a few."""
    for one in schema.get("anyOf", [schema]):
        values = types[_referred(one)].get("enum") if "$ref" in one else None
        if values:
            return f" One of {', '.join(f'`{value}`' for value in values)}."
    return ""


def _referred(schema: Schema) -> str:
    name: str = schema["$ref"].rpartition("/")[2]
    return name


def write() -> None:
    """Write all files, and delete schemas of commands that are no more."""
    found = files()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path not in found:
            path.unlink()
    for path, text in found.items():
        path.write_text(text)


if __name__ == "__main__":
    write()
