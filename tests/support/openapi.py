"""Validates requests, responses and webhooks against GitHub's OpenAPI description."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jsonschema

DATA = Path(__file__).parents[1] / "data" / "github"
_JSON = "application/json"
MOST_PER_PAGE = 100
"""Source: GitHub's OpenAPI description, the text of the parameter `per-page`."""


def check_request(method: str, path: str, body: Any) -> None:
    """Check that the request, its query and its body match the description."""
    operation = _operation(method, path)
    _check_query(operation, parse_qs(path.partition("?")[2], keep_blank_values=True))
    asked = operation.get("requestBody")
    if asked is not None:
        _check(asked["content"][_JSON]["schema"], body)


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Check that the response matches the description. An unlisted error has the common format."""
    found = _operation(method, path)["responses"].get(str(status))
    if found is None:
        assert status >= 400, f"{method} {path} does not answer {status}"
        found = {"content": {_JSON: {"schema": {"$ref": "#/components/schemas/basic-error"}}}}
    if "$ref" in found:
        found = description()["components"]["responses"][found["$ref"].rpartition("/")[2]]
    content = found.get("content")
    if content is None:
        assert body is None
    else:
        _check(content[_JSON]["schema"], body)


def check_webhook(name: str, payload: Any) -> None:
    """Check that the payload matches the webhook, such as `workflow-job-queued`."""
    asked = description()["webhooks"][name]["post"]["requestBody"]
    _check(asked["content"][_JSON]["schema"], payload)


@cache
def description() -> dict[str, Any]:
    """Return the description, with `nullable` converted to JSON Schema.

    It is that of github.com, to which operations of GitHub Enterprise Cloud are added.
    """
    told, more = (_loaded(name) for name in ("openapi-subset", "openapi-enterprise-subset"))
    told["paths"] = more["paths"] | told["paths"]
    for kind, named in more["components"].items():
        told["components"][kind] = named | told["components"].get(kind, {})
    return told


def _loaded(name: str) -> dict[str, Any]:
    text = (DATA / f"{name}.json").read_text()
    loaded: dict[str, Any] = json.loads(text, object_hook=_nullable)
    return loaded


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("nullable") is not True:
        return schema
    rest = {name: value for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [rest, {"type": "null"}]}


def _operation(method: str, path: str) -> dict[str, Any]:
    plain = path.partition("?")[0]
    for template, operations in description()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, plain) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"GitHub describes no {method} {plain}")


def _check_query(operation: dict[str, Any], query: dict[str, list[str]]) -> None:
    described = {one["name"]: one for one in map(_resolved, operation.get("parameters", ()))}
    known = {name: one for name, one in described.items() if one["in"] == "query"}
    unknown = query.keys() - known.keys()
    assert not unknown, f"GitHub describes no query parameter {', '.join(sorted(unknown))}"
    missing = {name for name, one in known.items() if one.get("required")} - query.keys()
    assert not missing, f"GitHub requires the query parameter {', '.join(sorted(missing))}"
    for name, texts in query.items():
        assert len(texts) == 1, f"{name} is given {len(texts)} times"
        _check(known[name]["schema"], _read(known[name]["schema"], texts[0]))
    assert int(query.get("per_page", ["1"])[0]) <= MOST_PER_PAGE


def _resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    reference = parameter.get("$ref")
    if reference is None:
        return parameter
    found: dict[str, Any] = description()["components"]["parameters"][reference.rpartition("/")[2]]
    return found


def _read(schema: dict[str, Any], text: str) -> Any:
    """Return a query's text as the type of its schema."""
    if schema.get("type") in ("integer", "boolean"):
        return json.loads(text)
    return text


def _check(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": description()["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)
