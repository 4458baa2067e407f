"""Validates parameters by botocore's service model: types, lengths, ranges, patterns, enums.

botocore's own client checks only types and required fields. This module compiles each shape once
into closures. `rules` contains the rules of AWS's documentation that are not in the models.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

from local.aws.validation import scalars
from local.aws.validation.patterns import UnsupportedPattern, compiled
from local.aws.validation.problems import Path, Problem, where

RULE = "service model"

Check = Callable[[Any, Path, list[Problem]], None]
"""A function that appends the problems of the value at a path."""


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service, by botocore's name, such as `dynamodbstreams`."""
    return botocore.session.get_session().get_service_model(service)


@cache
def validator(service: str, operation: str) -> Callable[[dict[str, Any]], list[Problem]]:
    """Return a function that validates the parameters of an operation by its model.

    Raises:
        botocore.model.OperationNotFoundError: the service has no such operation.
    """
    model = service_model(service).operation_model(operation)
    if model.input_shape is None:
        return lambda params: [] if not params else [Problem(RULE, "no parameters are allowed")]
    check = _compile(model.input_shape, {})

    def problems(params: dict[str, Any]) -> list[Problem]:
        found: list[Problem] = []
        check(params, (), found)
        return found

    return problems


def unsupported_patterns(service: str) -> set[str]:
    """Return the patterns of a service's requests that can't be checked."""
    model = service_model(service)
    shapes = (model.operation_model(name) for name in model.operation_names)
    found = set()
    for pattern in {one for operation in shapes for one in _patterns(operation)}:
        try:
            compiled(pattern)
        except UnsupportedPattern:
            found.add(pattern)
    return found


def _patterns(operation: OperationModel) -> Iterator[str]:
    todo = [operation.input_shape] if operation.input_shape else []
    seen = set()
    while todo:
        shape: Any = todo.pop()
        if shape.name in seen:
            continue
        seen.add(shape.name)
        if "pattern" in shape.metadata:
            yield shape.metadata["pattern"]
        match shape.type_name:
            case "structure":
                todo += shape.members.values()
            case "list":
                todo.append(shape.member)
            case "map":
                todo += [shape.key, shape.value]


def _compile(shape: Shape, known: dict[tuple[str, str], Check]) -> Check:
    """Return the check of a shape. `known` has the checks of its enclosing shapes, for recursion.

    The metadata of a member can differ from those of other references to the same shape.
    """
    key = (shape.name, repr(sorted(shape.metadata.items(), key=lambda one: one[0])))
    if key in known:
        return known[key]
    makers: dict[str, Callable[[Any, Any], Check]] = {
        "structure": _structure,
        "list": _list,
        "map": _map,
    }
    if shape.type_name not in makers:
        return scalars.compile_scalar(shape)
    # A shape can contain itself. Until it is compiled, references look it up by its key.
    known[key] = _late(known, key)
    known[key] = makers[shape.type_name](shape, known)
    return known[key]


def _late(known: dict[tuple[str, str], Check], key: tuple[str, str]) -> Check:
    """Return a check that looks up the one with that key when it runs."""

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        known[key](value, path, problems)

    return check


def _structure(shape: Any, known: dict[tuple[str, str], Check]) -> Check:
    if shape.is_document_type:
        return scalars.anything
    members = {name: _compile(one, known) for name, one in shape.members.items()}
    # The SDK generates a missing idempotency token.
    required = tuple(
        name
        for name in shape.required_members
        if not shape.members[name].metadata.get("idempotencyToken")
    )
    one_only = shape.is_tagged_union

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append(scalars.wrong_type(path, value, "a structure"))
            return
        problems.extend(
            Problem(RULE, f"{where((path, name))}: is missing; it is required")
            for name in required
            if name not in value
        )
        for name, one in value.items():
            member = members.get(name)
            if member is None:
                allowed = ", ".join(members)
                text = f"{where((path, name))}: is not known; allowed: {allowed}"
                problems.append(Problem(RULE, text))
            else:
                member(one, (path, name), problems)
        if one_only and len(value) != 1:
            text = f"{where(path)}: has {len(value)} of its alternatives; allowed: exactly one"
            problems.append(Problem(RULE, text))

    return check


def _list(shape: Any, known: dict[tuple[str, str], Check]) -> Check:
    member = _compile(shape.member, known)
    size = scalars.bounds(shape, "items")

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if not isinstance(value, list | tuple):
            problems.append(scalars.wrong_type(path, value, "a list"))
            return
        if size:
            size(len(value), path, problems)
        for index, one in enumerate(value):
            member(one, (path, index), problems)

    return check


def _map(shape: Any, known: dict[tuple[str, str], Check]) -> Check:
    key_check, value_check = _compile(shape.key, known), _compile(shape.value, known)
    size = scalars.bounds(shape, "entries")

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append(scalars.wrong_type(path, value, "a map"))
            return
        if size:
            size(len(value), path, problems)
        for name, one in value.items():
            key_check(name, (path, name), problems)
            value_check(one, (path, name), problems)

    return check
