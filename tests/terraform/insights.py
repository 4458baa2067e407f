"""The queries of the dashboard, held to the documented language and to lines that were written.

No judge of others runs them: moto 5.2 and ministack 1.5 know `fields`, `sort` and `limit`, and
ministack a few filters; both ignore all other commands.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.support.written import Line

COMMANDS = ("filter", "fields", "stats", "sort", "limit", "display")
"""Source: CloudWatch Logs User Guide, "Supported commands in Logs Insights QL", Standard class."""
AGGREGATES = ("count", "sum", "min", "max", "avg", "pct")
"""Source: the same, "stats", "Functions to use with stats"."""
FUNCTIONS = ("ispresent", "strcontains", "bin")
"""Source: the same, "Boolean, comparison, numeric, datetime, and other functions"."""
_WORDS = ("by", "as", "and", "or", "asc", "desc")
_TEXT = re.compile(r"'[^']*'")
_CALL = re.compile(r"(\w+)\(")
_ALIAS = re.compile(r"\bas (\w+)")
_NAME = re.compile(r"(?<![\w@.])[a-z_]\w*")
_COMPUTED = re.compile(r"\b(?:sum|min|max|avg|pct)\((\w+)[,)]")
_COMPARED = re.compile(r"\b(\w+) = '([^']*)'")
_CONTAINED = re.compile(r"strcontains\((\w+), '([^']*)'\)")


@dataclass(frozen=True)
class Query:
    """One query: `SOURCE` for each log group, and then commands."""

    text: str

    @cached_property
    def parts(self) -> list[str]:
        """What pipes separate."""
        return [part.strip() for part in self.text.split("|")]

    @property
    def groups(self) -> list[str]:
        """The names of the log groups."""
        return re.findall(r"SOURCE '([^']+)'", self.text)

    @property
    def commands(self) -> list[tuple[str, str]]:
        """The commands after the sources: name and arguments."""
        words = [part.partition(" ") for part in self.parts if not part.startswith("SOURCE ")]
        return [(name, arguments) for name, _, arguments in words]

    @property
    def fields(self) -> set[str]:
        """The fields of log lines that it reads."""
        known, found = set[str](), set[str]()
        for _, arguments in self.commands:
            text = _ALIAS.sub("", _TEXT.sub("", arguments))
            found |= set(_NAME.findall(text)) - set(_CALL.findall(text)) - known - set(_WORDS)
            known |= set(_ALIAS.findall(arguments))
        return found

    @property
    def numbers(self) -> set[str]:
        """Those of the fields with which it computes."""
        found = set(_COMPUTED.findall(self.text))
        for name, arguments in self.commands:
            if name == "fields":
                found |= set(_NAME.findall(_ALIAS.sub("", _CONTAINED.sub("", arguments))))
        return found & self.fields

    @property
    def texts(self) -> Iterator[tuple[str, str, bool]]:
        """Each field that is compared with a text, the text, and whether a part is enough."""
        for field, text in _COMPARED.findall(self.text):
            yield field, text, False
        for field, text in _CONTAINED.findall(self.text):
            yield field, text, True


def undocumented(query: Query, view: str) -> Iterator[str]:
    """Yield what in a query is not as documented."""
    if not query.parts[0].startswith("SOURCE "):
        yield "does not begin with SOURCE"
    for name, arguments in query.commands:
        if name not in COMMANDS:
            yield f"no command: {name}"
        allowed = (*FUNCTIONS, *AGGREGATES) if name == "stats" else FUNCTIONS
        calls = _CALL.findall(_TEXT.sub("", arguments))
        yield from (f"no function of {name}: {call}" for call in calls if call not in allowed)
    if view == "timeSeries":
        yield from _no_line_chart(query)


def _no_line_chart(query: Query) -> Iterator[str]:
    """Source: CloudWatch Logs User Guide, "stats", "Visualize time series data"."""
    name, arguments = query.commands[-1]
    if name != "stats" or not re.search(r" by bin\(\d+[mh]\)$", arguments):
        yield "no line chart: it does not end with stats by bin alone"


def unwritten(
    query: Query, written: Mapping[str, Iterable[Line]], messages: Iterable[str]
) -> Iterator[str]:
    """Yield the fields and texts that no line of the query's functions has.

    Args:
        written: Lines by function.
        messages: All messages that the functions may log.
    """
    names = [group.rpartition("-")[2] for group in query.groups]
    values: dict[str, list[Any]] = {}
    for line in (line for name in names for line in written.get(name, ())):
        for field, value in line.items():
            values.setdefault(field, []).append(value)
    yield from (f"no line has {field}" for field in sorted(query.fields - set(values)))
    for field in sorted(query.numbers):
        if not all(type(value) in (int, float) for value in values.get(field, [])):
            yield f"no number: {field}"
    for field, text, is_part in query.texts:
        known = [*map(str, values.get(field, [])), *(messages if field == "message" else ())]
        if not any(text in one if is_part else text == one for one in known):
            yield f"no line with {field} {text!r}"
