"""Evaluates DynamoDB's update expressions: SET, REMOVE and ADD of top-level attributes.

Other syntax raises. An expression is parsed once. Errors that depend on the item (a missing
attribute, an operand of a wrong type) raise when it is applied. Source: Amazon DynamoDB Developer
Guide, "Update expressions".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import cache
from typing import Any

from tests.simulated.aws.expressions import ExpressionError, Given, Item, tokens

Attribute = Mapping[str, Any]
_Operand = Callable[[Item, Given], Attribute]
_NUMBERS = Context(prec=38, traps=[Inexact])
"""Source: Amazon DynamoDB Developer Guide, "Number": up to 38 digits of precision."""
_ABSENT = "The provided expression refers to an attribute that does not exist in the item"
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_CLAUSES = ("SET", "REMOVE", "ADD")


@dataclass(frozen=True)
class _Action:
    """One action of a clause on the attribute at `path`."""

    path: str
    value: _Operand | None
    """The new value; None removes the attribute."""


class Update:
    """A parsed expression."""

    def __init__(self, text: str) -> None:
        self._actions = _Parser(tokens(text)).clauses()

    def names(self, given: Given) -> list[str]:
        """Return the changed attributes.

        Raises:
            ExpressionError: An attribute is changed twice.
        """
        names = [given.name(one.path) for one in self._actions]
        if len(set(names)) < len(names):
            raise ExpressionError("Two document paths overlap with each other")
        return names

    def apply(self, item: Item, given: Given) -> dict[str, Any]:
        """Return the changed item. All operands are read from the item before the change.

        Raises:
            ExpressionError: An operand is missing or has the wrong type.
        """
        after = dict(item)
        for one in self._actions:
            name = given.name(one.path)
            if one.value is None:
                after.pop(name, None)
            else:
                after[name] = dict(one.value(item, given))
        return after


@cache
def update(text: str) -> Update:
    """Parse an update expression."""
    return Update(text)


class _Parser:
    def __init__(self, words: list[str]) -> None:
        self._words = words

    def clauses(self) -> list[_Action]:
        actions: list[_Action] = []
        seen: set[str] = set()
        while self._words:
            clause = self._next().upper()
            if clause not in _CLAUSES:
                raise ExpressionError(f"{clause} is no clause that is known here")
            if clause in seen:
                raise ExpressionError(
                    f'The "{clause}" section can only be used once in an update expression'
                )
            seen.add(clause)
            actions += self._actions(clause)
        if not actions:
            raise ExpressionError("The expression can not be empty")
        return actions

    def _actions(self, clause: str) -> list[_Action]:
        one = {"SET": self._set, "REMOVE": self._remove, "ADD": self._add}[clause]
        actions = [one()]
        while self._peek() == ",":
            self._next()
            actions.append(one())
        return actions

    def _set(self) -> _Action:
        path = self._path()
        self._expect("=")
        value = self._operand()
        sign = self._peek()
        if sign in ("+", "-"):
            self._next()
            value = _sum(value, self._operand(), negative=sign == "-")
        return _Action(path, value)

    def _remove(self) -> _Action:
        return _Action(self._path(), None)

    def _add(self) -> _Action:
        path, token = self._path(), self._next()
        if not token.startswith(":"):
            raise ExpressionError(f"ADD takes a value, not {token!r}")
        return _Action(path, _added(path, token))

    def _operand(self) -> _Operand:
        word = self._next()
        if word.startswith(":"):
            return lambda _, given: given.attribute(word)
        if self._peek() != "(":
            return _attribute(word)
        if word != "if_not_exists":
            raise ExpressionError(f"function {word} is not known here")
        self._expect("(")
        path = self._path()
        self._expect(",")
        otherwise = self._operand()
        self._expect(")")
        return lambda item, given: item.get(given.name(path)) or otherwise(item, given)

    def _path(self) -> str:
        word = self._next()
        if not (word[0].isalpha() or word[0] in "#_"):
            raise ExpressionError(f"{word!r} is no attribute's name")
        return word

    def _peek(self) -> str | None:
        return self._words[0] if self._words else None

    def _next(self) -> str:
        if not self._words:
            raise ExpressionError("the expression ends too early")
        return self._words.pop(0)

    def _expect(self, word: str) -> None:
        if self._peek() != word:
            raise ExpressionError(f"{word!r} is missing")
        self._next()


def _attribute(path: str) -> _Operand:
    def read(item: Item, given: Given) -> Attribute:
        name = given.name(path)
        if name not in item:
            raise ExpressionError(_ABSENT)
        return item[name]

    return read


def _sum(left: _Operand, right: _Operand, *, negative: bool) -> _Operand:
    def total(item: Item, given: Given) -> Attribute:
        first, second = _number(left(item, given)), _number(right(item, given))
        return _typed(first, -second if negative else second)

    return total


def _added(path: str, token: str) -> _Operand:
    """Return the operand of ADD, which starts at 0 if the attribute is missing."""

    def total(item: Item, given: Given) -> Attribute:
        value = given.attribute(token)
        if "N" not in value:
            kind = next(iter(value))
            raise ExpressionError(
                f"ADD is known here for numbers only; operand type: {kind}; DynamoDB takes sets too"
            )
        before = item.get(given.name(path), {"N": "0"})
        return _typed(_number(before), _number(value))

    return total


def _number(attribute: Attribute) -> Decimal:
    if "N" not in attribute:
        raise ExpressionError(_WRONG_TYPE)
    return Decimal(attribute["N"])


def _typed(left: Decimal, right: Decimal) -> Attribute:
    return {"N": format(_NUMBERS.add(left, right).normalize(_NUMBERS), "f")}
