"""The GitHub App of the worlds whose fleet has one, and the runner group that its runners join."""

import json
from collections.abc import Mapping

from local.github.app import App
from local.github.model import Group
from shared.ports import Clock
from tests.simulated.names import FLEET
from tests.support.tokens import private_pem, public_pem

KEY_PARAM = FLEET.parameter("github-app-key")
SETTINGS: Mapping[str, str] = {
    "GITHUB_TOKEN_PARAM": "",
    "GITHUB_APP_ID": "7",
    "GITHUB_APP_KEY_PARAM": KEY_PARAM,
}
"""The credentials of a function in place of those of a token."""
GROUP = Group(id=5, name="build")
GROUP_SETTINGS: Mapping[str, str] = {
    "RUNNER_GROUPS": json.dumps([{"repositories": "octo/*", "group": GROUP.name}])
}


VERSION = "2.330.0"
"""The version of the runner, whose end is scheduled."""


def key() -> dict[str, str]:
    """Return the parameter with the App's private key."""
    return {KEY_PARAM: private_pem()}


def app(clock: Clock) -> App:
    """Return the App, installed on three accounts with all permissions of the fleet."""
    return App(
        id=int(SETTINGS["GITHUB_APP_ID"]),
        public_key=public_pem(),
        installations={"octo": 41, "acme": 42, "me": 43},
        permissions={
            "administration": "write",
            "organization_self_hosted_runners": "write",
            "actions": "read",
            "statuses": "write",
        },
        clock=clock,
    )
