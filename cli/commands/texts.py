"""Types of options whose text has to match a pattern, with words for what is allowed."""

import re

import click

from shared.domain.names import check_prefix


class Text(click.ParamType[str]):
    """A text of which all has to match a pattern; `allowed` says in words what does."""

    def __init__(self, name: str, pattern: str, allowed: str) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._allowed = allowed

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        if not self._pattern.fullmatch(value):
            self.fail(f"{value!r} is not allowed; allowed: {self._allowed}.", param, ctx)
        return value


class _Prefix(click.ParamType[str]):
    """The prefix of a fleet."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the prefix."""
        try:
            return check_prefix(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


ORGANIZATION_NAME = Text(
    "org", r"[A-Za-z0-9][A-Za-z0-9-]{0,38}", "letters, digits and '-', at most 39"
)
PREFIX = _Prefix()
APP_NAME = Text("text", r"\S(.{0,32}\S)?", "1 to 34 characters")
WEBHOOK = Text(
    "url",
    r"https://[^\s/]+/\S*|http://127\.0\.0\.1:[0-9]+/\S*",
    "https://HOST/PATH, as `terraform output -raw webhook_url` prints it",
)
