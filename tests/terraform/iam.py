"""IAM's judgement of a request by a role's policies, as far as our policies go; beyond it raises.

Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements". An explicit Deny
wins, and what no statement allows is denied. Principals, boundaries, and policies of resources are
not looked at.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}
_ARN_PARTS = 6


class UnsupportedError(ValueError):
    """The policy has an element, an operator or a pattern that is not judged here."""


@dataclass(frozen=True, order=True)
class Request:
    """An action on a resource, with the keys that conditions may ask for."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        told = ", ".join(f"{key} {value}" for key, value in self.context)
        return f"{self.action} on {self.resource}{told and f' with {told}'}"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement of a policy, with lists where IAM allows a text for one."""

    sid: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def of(self, resource: str) -> "Statement":
        """The same, of that one of its resources."""
        return replace(self, resources=(resource,))

    def action_of(self, request: Request) -> bool:
        """Whether it speaks of the request's action."""
        return any(like(one.lower(), request.action.lower()) for one in self.actions)

    def resource_of(self, request: Request) -> bool:
        """Whether it speaks of the request's resource."""
        return any(arn_like(one, request.resource) for one in self.resources)

    def condition_of(self, request: Request) -> bool:
        """Whether the request meets its conditions: a key that it does not have meets none."""
        context = {key.lower(): value for key, value in request.context}
        return all(
            key.lower() in context
            and any(_OPERATORS[operator](value, context[key.lower()]) for value in values)
            for operator, key, values in self.conditions
        )

    def matches(self, request: Request) -> bool:
        """Whether it decides the request."""
        return self.action_of(request) and self.resource_of(request) and self.condition_of(request)


def statements(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy document.

    Raises:
        UnsupportedError: something in it is not judged here.
    """
    told = document["Statement"]
    return [_statement(one) for one in (told if isinstance(told, list) else [told])]


def allowed(policy: Sequence[Statement], request: Request) -> bool:
    """Whether a role with these statements may do it."""
    deciding = [one for one in policy if one.matches(request)]
    return bool(deciding) and all(one.allows for one in deciding)


def why_not(policy: Iterable[Statement], request: Request) -> str:
    """Of a request that is denied: by which statement, or what the nearest ones lack."""
    denying = [one.sid for one in policy if not one.allows and one.matches(request)]
    if denying:
        return f"{', '.join(denying)} denies it"
    near = [one for one in policy if one.allows and one.action_of(request)]
    return ", ".join(_lacks(one, request) for one in near) or "no statement has the action"


def _lacks(statement: Statement, request: Request) -> str:
    fits = {
        "resource": statement.resource_of(request),
        "condition": statement.condition_of(request),
    }
    return f"{statement.sid} has another {' and '.join(one for one in fits if not fits[one])}"


def like(pattern: str, text: str) -> bool:
    """Whether a text has the form of a pattern with `*` and `?`."""
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(one) or re.escape(one) for one in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def arn_like(pattern: str, arn: str) -> bool:
    """Whether an ARN has the form of a pattern, part by part; `*` alone is every resource."""
    if pattern == "*":
        return True
    parts, wanted = arn.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(parts) == len(wanted) and all(map(like, wanted, parts))


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": like,
    "ArnEquals": arn_like,  # Source: the two are the same to IAM.
    "ArnLike": arn_like,
}


def _statement(told: Mapping[str, Any]) -> Statement:
    unknown = {*told} - _ELEMENTS | {*told.get("Condition", {})} - {*_OPERATORS}
    unknown |= {told["Effect"]} - {"Allow", "Deny"}
    if not unknown:
        unknown = {one for one in _listed(told["Resource"]) if _may_reach_further(one)}
        unknown |= {*re.findall(r"\$\{.*?\}", json.dumps(told))}
    if unknown:
        raise UnsupportedError(f"not judged here: {', '.join(sorted(unknown))}; in {told}")
    return Statement(
        sid=told.get("Sid", "a statement without Sid"),
        allows=told["Effect"] == "Allow",
        actions=_listed(told["Action"]),
        resources=_listed(told["Resource"]),
        conditions=tuple(
            (operator, key, _listed(values))
            for operator, keys in told.get("Condition", {}).items()
            for key, values in keys.items()
        ),
    )


def _may_reach_further(resource: str) -> bool:
    """Whether IAM might let a wildcard of a resource fit more than its own part of the ARN.

    Source: IAM User Guide, "IAM JSON policy elements: Resource": one at the end of a part may.
    """
    *head, _ = resource.split(":", _ARN_PARTS - 1)
    return resource != "*" and (len(head) + 1 < _ARN_PARTS or bool({*"".join(head)} & {*"*?"}))


def _listed(told: str | list[str]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)
