"""The fleet's credentials at GitHub: their interface, and the personal access token.

The tokens of a GitHub App are in `github_app`, which imports a JWT library.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from shared.ports import NotNow, Parameters, Refused

SENDABLE = r"[!-~]+"
"""The characters that a header may contain. No message quotes a token with others."""


class Tokens(Protocol):
    """Tokens for calls on a repository (`owner/name`) or on its organization."""

    def token(self, repository: str) -> str:
        """Return a token. It is called before each call to GitHub, so implementations cache.

        Raises:
            Refused: the App is not installed there.
            NotNow: the fleet's credentials are missing, or GitHub rejects them.
            Unavailable.
        """
        ...

    def forget(self, repository: str) -> bool:
        """Discard a token that GitHub rejects (401). Return whether `token` may return another."""
        ...


@dataclass(frozen=True, kw_only=True)
class PersonalToken:
    """One personal access token for all repositories, read from a parameter."""

    parameters: Parameters
    name: str

    def token(self, _repository: str) -> str:
        """See `Tokens.token`.

        A token that is not valid in a header is rejected here, because HTTP libraries quote it in
        their errors.
        """
        text = secret(self.parameters, self.name, "the GitHub token")
        if not re.fullmatch(SENDABLE, text):
            raise NotNow(
                f"SSM: parameter {self.name} holds no token; allowed: letters, digits and ASCII "
                "punctuation, without a space or a line break inside"
            )
        return text

    def forget(self, _repository: str) -> bool:
        """Return False: there is no other token."""
        return False


def secret(parameters: Parameters, name: str, what: str) -> str:
    """Return the parameter's value without surrounding spaces and line breaks.

    Args:
        what: A description of the value, for the error message.

    Raises:
        NotNow: the parameter is missing or empty. An operator has to correct it.
        Unavailable: it can't be read now.
    """
    try:
        value = parameters.values([name])[name].strip()
    except Refused as error:
        raise NotNow(error.reason) from error
    if not value:
        raise NotNow(f"SSM: parameter {name} is empty; it must hold {what}")
    return value
