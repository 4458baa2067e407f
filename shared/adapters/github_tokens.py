"""What the fleet proves itself with to GitHub: the port of it, and the plain case, a token.

The other case, a GitHub App, is in `github_app`, which loads a library for keys.
"""

from dataclasses import dataclass
from typing import Protocol

from shared.ports import Parameters, Refused


class Tokens(Protocol):
    """Tokens for calls about a repository (`owner/name`), or about its organization."""

    def token(self, repository: str) -> str:
        """Asked for before each call; caching is its own business.

        Raises:
            Refused, Unavailable.
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
        """See `Tokens.token`."""
        return secret(self.parameters, self.name, "the GitHub token")

    def forget(self, _repository: str) -> bool:
        """There is no other."""
        return False


def secret(parameters: Parameters, name: str, what: str) -> str:
    """The parameter's text, which holds `what`.

    Raises:
        Refused: it is empty or can't be read.
        Unavailable: it can't be read now.
    """
    value = parameters.values([name])[name].strip()
    if not value:
        raise Refused(f"SSM: parameter {name} is empty; it must hold {what}")
    return value
