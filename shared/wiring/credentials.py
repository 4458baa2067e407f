"""The fleet's credentials at GitHub: a token or an App each, and the checks of their settings.

Each further one multiplies GitHub's limits, if it is of another user or App.
"""

from collections import Counter
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

MOST = 8
"""Maximum number of credentials. `ecsrunner doctor` reads their parameters and those of the
webhook's two secrets by one call. Source: AWS Systems Manager API Reference, GetParameters, Names
(10)."""
_ADDITIONAL = "GITHUB_ADDITIONAL_CREDENTIALS"
_TOKEN, _APP, _KEY, _INSTALLATION = (
    "token_param",
    "app_id",
    "app_key_param",
    "installation_id",
)
_VARIABLES = {
    _TOKEN: "GITHUB_TOKEN_PARAM",
    _APP: "GITHUB_APP_ID",
    _KEY: "GITHUB_APP_KEY_PARAM",
    _INSTALLATION: "GITHUB_APP_INSTALLATION_ID",
}
_EXAMPLE = (
    '[{"token_param": "/fleet/token-2"}, {"app_id": "7", "app_key_param": "/fleet/app-key-2"}], '
    'where an App may have an "installation_id", too'
)


class Credential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A personal access token, or a GitHub App. `…_param` names the SSM parameter of a secret.

    `installation_id` of an App is read from GitHub if it is None.
    """

    token_param: str = ""
    app_id: str = ""
    app_key_param: str = ""
    installation_id: Annotated[int, Meta(ge=1)] | None = None

    @property
    def is_app(self) -> bool:
        """Whether it is a GitHub App."""
        return not self.token_param

    @property
    def name(self) -> str:
        """The name in the log: the App's id, or the token's parameter. The fleet's first has ""."""
        return self.app_id if self.is_app else self.token_param

    @property
    def secret_param(self) -> str:
        """The name of the parameter with the token or the App's key."""
        return self.app_key_param if self.is_app else self.token_param

    def given(self) -> list[str]:
        """Return the names of the fields that are set."""
        return [name for name in _VARIABLES if getattr(self, name)]

    def is_whole(self) -> bool:
        """Return whether it is a token alone, or an App with its key."""
        given = self.given()
        return given == [_TOKEN] or given[:2] == [_APP, _KEY]


def all_credentials(first: Credential, additional: str) -> tuple[Credential, ...]:
    """Return the first credential and those of the JSON text, if it is not empty.

    Raises:
        ValueError: names the wrong variable, and what is allowed.
    """
    if not first.is_whole():
        given = ", ".join(_VARIABLES[name] for name in first.given())
        raise ValueError(
            "allowed: either GITHUB_TOKEN_PARAM alone (a personal access token), or "
            "GITHUB_APP_ID and GITHUB_APP_KEY_PARAM (a GitHub App), to which "
            f"GITHUB_APP_INSTALLATION_ID may be added; set: {given or 'none'}"
        )
    return (first, *_additional(first, additional)) if additional else (first,)


def _additional(first: Credential, text: str) -> tuple[Credential, ...]:
    try:
        found = msgspec.json.decode(text, type=tuple[Credential, ...])
    except msgspec.DecodeError as error:
        raise ValueError(f"{_ADDITIONAL} is wrong ({error}); allowed: {_EXAMPLE}") from None
    for number, one in enumerate(found):
        if not one.is_whole():
            raise ValueError(
                f"{_ADDITIONAL}[{number}] has {', '.join(one.given()) or 'nothing'}; allowed: "
                f"{_TOKEN} alone, or {_APP} and {_KEY}, to which {_INSTALLATION} may be added"
            )
    if len(found) >= MOST:
        raise ValueError(f"{_ADDITIONAL} has {len(found)} credentials; allowed: {MOST - 1}")
    counts = Counter(one.name for one in (first, *found))
    if twice := [name for name, count in counts.items() if count > 1]:
        raise ValueError(
            f"{_ADDITIONAL} has {twice[0]} twice, or it is the first credential, too; allowed: "
            "each token and App once, since both would share GitHub's limits"
        )
    return found
