"""The form of a fault: what breaks a healthy fleet, and what the doctor has to answer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cli.doctor.stack import PREFIX, Site

Break = Callable[[Site], Iterator[None]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault. `break_` breaks the fleet, and repairs it when the context ends.

    Attributes:
        check: The check that has to find it.
        says: Words of the subject or of the problem.
        remedy: Words of the remedy.
        also: Other checks that the same fault concerns.
    """

    name: str
    check: str
    says: str
    remedy: str
    break_: Callable[[Site], AbstractContextManager[None]]
    level: str = "problem"
    also: tuple[str, ...] = ()


FAULTS: list[Fault] = []


def fault(
    check: str, says: str, remedy: str, *, level: str = "problem", also: tuple[str, ...] = ()
) -> Callable[[Break], Break]:
    """Register a generator that breaks a fleet before its `yield`, and repairs it after that."""

    def register(break_: Break) -> Break:
        FAULTS.append(
            Fault(
                name=break_.__name__,
                check=check,
                says=says,
                remedy=remedy,
                break_=contextmanager(break_),
                level=level,
                also=also,
            )
        )
        return break_

    return register


def refused(code: str, message: str = "") -> dict[str, Any]:
    """An error of AWS, as an answer."""
    return {"Error": {"Code": code, "Message": message or code}}


def changed(site: Site, function: str, **changes: Any) -> AbstractContextManager[None]:
    """Answer with another configuration of a function than it has."""

    def answer(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if f"/{PREFIX}-{function}/" not in params["url_path"]:
            return None
        return real(site, "lambda", "get_function_configuration", f"{PREFIX}-{function}") | changes

    return site.answers("GetFunctionConfiguration", answer)


def real(site: Site, service: str, operation: str, *names: str, **request: Any) -> dict[str, Any]:
    """What AWS answers without a script."""
    named = {"FunctionName": names[0]} if names else {}
    return dict(getattr(site.client(service), operation)(**named, **request))
