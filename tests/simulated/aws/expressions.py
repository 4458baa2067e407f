"""Evaluates DynamoDB's condition expressions, as far as they are used. Other syntax raises.

Source of the grammar and of the reserved words (a few of them): Amazon DynamoDB Developer Guide,
"Condition and filter expressions, operators, and functions" and "Reserved words in DynamoDB".
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Item = Mapping[str, dict[str, Any]]
Test = Callable[[Item, "Given"], bool]
Operand = Callable[[Item, "Given"], Any]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?[A-Za-z_][A-Za-z0-9_]*)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RESERVED = frozenset({"data", "key", "name", "range", "state", "status", "stream", "time", "type"})


class ExpressionError(ValueError):
    """DynamoDB would return ValidationException, or this evaluator does not support the syntax."""


class Given:
    """The names and values of an expression. DynamoDB requires that each is used."""

    def __init__(self, names: Mapping[str, str] | None, values: Item | None) -> None:
        self._names = names or {}
        self._values = values or {}

    def check(self, *expressions: str | None) -> None:
        """Reject names and values that no expression uses."""
        told = frozenset().union(*(_told(text) for text in expressions if text))
        unused = sorted((self._names.keys() | self._values.keys()) - told)
        if unused:
            raise ExpressionError(f"unused in expressions: {', '.join(unused)}")

    def name(self, token: str) -> str:
        """Return the attribute name of a token."""
        if token.startswith("#"):
            if token not in self._names:
                raise ExpressionError(f"{token} is not in ExpressionAttributeNames")
            return self._names[token]
        if token.lower() in _RESERVED:
            raise ExpressionError(f"{token} is a reserved word")
        return token

    def value(self, token: str) -> Any:
        """Return the comparable value of a token."""
        return plain(self.attribute(token))

    def attribute(self, token: str) -> dict[str, Any]:
        """Return the typed value of a token."""
        if token not in self._values:
            raise ExpressionError(f"{token} is not in ExpressionAttributeValues")
        return self._values[token]


def plain(attribute: Mapping[str, Any]) -> tuple[str, Any]:
    """Convert a typed value so that it compares as in DynamoDB."""
    if not attribute:
        raise ExpressionError("a value without a type")
    kind = next(iter(attribute))
    return kind, float(attribute[kind]) if kind == "N" else attribute[kind]


@cache
def condition(text: str) -> Test:
    """Parse an expression to a predicate on an item."""
    parser = _Parser(tokens(text))
    test = parser.either()
    parser.end()
    return test


def tokens(text: str) -> list[str]:
    """Split an expression into words and symbols."""
    found: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ExpressionError(f"not understood: {text[position:]!r}")
        found.append(match[1])
        position = match.end()
    return found


@cache
def _told(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def either(self) -> Test:
        tests = [self._both()]
        while self._take("OR"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda i, g: any(t(i, g) for t in tests)

    def end(self) -> None:
        if self._tokens:
            raise ExpressionError(f"not understood: {' '.join(self._tokens)!r}")

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda i, g: all(t(i, g) for t in tests)

    def _one(self) -> Test:
        if self._take("NOT"):
            test = self._one()
            return lambda i, g: not test(i, g)
        if self._take("("):
            test = self.either()
            self._expect(")")
            return test
        name = self._next()
        if self._take("("):
            return self._function(name)
        left, sign, right = _operand(name), self._next(), _operand(self._next())
        if sign not in _COMPARE:
            raise ExpressionError(f"{sign!r} is not a comparison that is known here")
        return lambda i, g: _compared(_COMPARE[sign], left(i, g), right(i, g))

    def _function(self, name: str) -> Test:
        path = self._next()
        self._expect(")")
        if name == "attribute_exists":
            return lambda i, g: g.name(path) in i
        if name == "attribute_not_exists":
            return lambda i, g: g.name(path) not in i
        raise ExpressionError(f"function {name} is not known here")

    def _next(self) -> str:
        if not self._tokens:
            raise ExpressionError("the expression ends too early")
        return self._tokens.pop(0)

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[0].upper() == token:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise ExpressionError(f"{token!r} is missing")


def _operand(token: str) -> Operand:
    if token.startswith(":"):
        return lambda _, g: g.value(token)
    return lambda i, g: plain(i[g.name(token)]) if g.name(token) in i else None


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if compare is operator.eq or compare is operator.ne:
        return compare(left, right)
    return left[0] == right[0] and compare(left[1], right[1])
