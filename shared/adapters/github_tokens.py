"""What the fleet proves itself with to GitHub: the port of it, and the plain case, a token.

The other case, a GitHub App, is in `github_app`, which loads a library for keys.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from shared.ports import NotNow, Parameters, Refused

SENDABLE = r"[!-~]+"
"""What can be in a header. No message quotes what is not."""


class Tokens(Protocol):
    """Tokens for calls about a repository (`owner/name`), or about its organization."""

    def token(self, repository: str) -> str:
        """Asked for before each call; caching is its own business.

        Raises:
            Refused: the App is not installed there.
            NotNow: the fleet's credentials are missing or not taken.
            Unavailable.
        """
        ...

    def forget(self, repository: str) -> bool:
        """GitHub does not take that token (401): whether it is worth asking for another."""
        ...


@dataclass(frozen=True, kw_only=True)
class PersonalToken:
    """One personal access token for everything, read from a parameter."""

    parameters: Parameters
    name: str

    def token(self, _repository: str) -> str:
        """See `Tokens.token`.

        A token that could not be sent is refused here, for HTTP libraries quote it.
        """
        text = secret(self.parameters, self.name, "the GitHub token")
        if not re.fullmatch(SENDABLE, text):
            raise NotNow(
                f"SSM: parameter {self.name} holds no token; allowed: letters, digits and ASCII "
                "punctuation, without a space or a line break inside"
            )
        return text

    def forget(self, _repository: str) -> bool:
        """There is no other."""
        return False


def secret(parameters: Parameters, name: str, what: str) -> str:
    """The parameter's text, which holds `what`, without spaces and line breaks around it.

    Raises:
        NotNow: there is no such parameter, or it is empty: an operator has to put that right.
        Unavailable: it can't be read now.
    """
    try:
        value = parameters.values([name])[name].strip()
    except Refused as error:
        raise NotNow(error.reason) from error
    if not value:
        raise NotNow(f"SSM: parameter {name} is empty; it must hold {what}")
    return value
