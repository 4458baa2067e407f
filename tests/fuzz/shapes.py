"""Values that fit a schema of GitHub's OpenAPI description, drawn by a random generator."""

from collections.abc import Callable, Iterable
from functools import cache
from random import Random
from typing import Any

from tests.support.openapi import description

ACTIONS = ("queued", "in_progress", "completed", "waiting")
Draw = Callable[[Random], Any]

_OPTIONAL = 0.5
"""How often a property is there that need not be."""
_WORDS = ("octo", "build", "self-hosted", "linux", "main", "fleet-7-1", "Ω≈ç", "a b", "")
_TIMES = ("2026-01-01T00:00:00Z", "2025-12-31T12:00:00.5+02:00", "2025-06-01T00:00:00Z")


def workflow_job(action: str, rng: Random) -> dict[str, Any]:
    """The body of a `workflow_job` webhook, of a repository and with a label that the fleet serves.

    Every field is one that GitHub may send. Ids and times repeat, so that streams get several
    events.
    """
    body: dict[str, Any] = _webhook(f"workflow-job-{action.replace('_', '-')}")(rng)
    body["action"] = action
    body["repository"]["full_name"] = "octo/repo"
    if action == "in_progress":  # the parts of its description have nothing else in common
        body["workflow_job"]["conclusion"] = None
    if action == "completed":  # one part requires it, and the other says that it is no null
        body["workflow_job"]["completed_at"] = rng.choice(_TIMES)
    body["workflow_job"]["id"] = rng.randint(1, 500)
    body["workflow_job"]["labels"] = ["self-hosted", *body["workflow_job"]["labels"][:3]]
    return body


@cache
def _webhook(name: str) -> Draw:
    asked = description()["webhooks"][name]["post"]["requestBody"]
    return _draw(asked["content"]["application/json"]["schema"])


def _draw(schema: dict[str, Any]) -> Draw:
    if "$ref" in schema:
        return _named(schema["$ref"].rpartition("/")[2])
    if "allOf" in schema:
        parts = [_draw(one) for one in schema["allOf"]]
        return lambda rng: _merged(part(rng) for part in parts)
    for key in ("oneOf", "anyOf"):
        if key in schema:
            options = [_draw(one) for one in schema[key]]
            return lambda rng: rng.choice(options)(rng)
    if "enum" in schema:
        values = schema["enum"]
        return lambda rng: rng.choice(values)
    return _TYPES[schema.get("type", "object")](schema)


def _merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """All parts as one object, and the objects in them, too. Of two values the first one counts.

    Where one part allows null and the other does not, it is the one that is not null.
    """
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            both = isinstance(value, dict) and isinstance(whole.get(name), dict)
            if both:
                whole[name] = _merged((whole[name], value))
            elif whole.get(name) is None:
                whole[name] = value
    return whole


@cache
def _named(name: str) -> Draw:
    """A schema may name itself: it is looked up when a value is drawn."""
    made: list[Draw] = []

    def draw(rng: Random) -> Any:
        if not made:
            made.append(_draw(description()["components"]["schemas"][name]))
        return made[0](rng)

    return draw


def _object(schema: dict[str, Any]) -> Draw:
    required = set(schema.get("required", ()))
    fields = [
        (name, _field(name, one), name in required)
        for name, one in schema.get("properties", {}).items()
    ]
    return lambda rng: {
        name: draw(rng) for name, draw, always in fields if always or rng.random() < _OPTIONAL
    }


def _field(name: str, schema: dict[str, Any]) -> Draw:
    """A property; some times are described as strings of any format."""
    if not name.endswith("_at") or schema.get("type", "string") != "string":
        return _draw(schema)
    times = _TIMES if "type" in schema else (*_TIMES, None)
    return lambda rng: rng.choice(times)


def _array(schema: dict[str, Any]) -> Draw:
    draw = _draw(schema.get("items", {}))
    return lambda rng: [draw(rng) for _ in range(rng.randint(0, 3))]


def _string(schema: dict[str, Any]) -> Draw:
    values = _TIMES if schema.get("format") == "date-time" else _WORDS
    return lambda rng: rng.choice(values)


_TYPES: dict[str, Callable[[dict[str, Any]], Draw]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": lambda _: lambda rng: rng.choice((1, 7, 12877621891, 2**53)),
    "number": lambda _: lambda rng: rng.choice((1, 4747967848)),
    "boolean": lambda _: lambda rng: rng.random() < 0.5,
    "null": lambda _: lambda rng: None,
}
