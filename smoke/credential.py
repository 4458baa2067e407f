"""The credential of a run at GitHub: a token or an App. No repr contains a secret."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.wiring import credentials

NO_CREDENTIAL = (
    "needs REPOSITORY, and TOKEN_FILE or APP_ID with APP_KEY_FILE: a runner is registered at GitHub"
)
"""Reason of the checks that a run without a credential skips."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A personal access token."""

    secret: str = field(repr=False)

    @property
    def inputs(self) -> dict[str, str]:
        """The input variables of the minimal example."""
        return {"github_pat": self.secret}

    @property
    def reference(self) -> credentials.Credential:
        """The credential as the product's settings have it, with a name in place of the secret."""
        return credentials.Credential(token_param="TOKEN_FILE")  # noqa: S106 - a name


@dataclass(frozen=True, kw_only=True)
class App:
    """A GitHub App.

    Attributes:
        id: The App's id, or its client id.
        secret: A private key of the App, in PEM.
    """

    id: str
    secret: str = field(repr=False)

    @property
    def inputs(self) -> dict[str, str]:
        """See `Token.inputs`."""
        return {
            "github_app": json.dumps({"id": self.id}),
            "github_app_private_key": self.secret,
        }

    @property
    def reference(self) -> credentials.Credential:
        """See `Token.reference`."""
        return credentials.Credential(app_id=self.id, app_key_param="APP_KEY_FILE")


Credential = Token | App


@dataclass(frozen=True)
class Held:
    """`Parameters` with the secret of one credential under each name."""

    credential: Credential

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """See `Parameters.values`."""
        return dict.fromkeys(names, self.credential.secret)
