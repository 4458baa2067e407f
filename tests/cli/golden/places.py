"""Where scenes are played that need more than a simulated fleet: AWS, GitHub, or a file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NamedTuple

import pytest

from local.aws.server import MotoServer
from local.github.server import GitHub
from tests.cli.doctor.faults.all import BY_NAME
from tests.cli.doctor.stack import standing
from tests.cli.github_app.user import sitting
from tests.cli.golden.fleets import eventful
from tests.cli.support import CliFleet, parameters, run
from tests.support.fleet import SimulatedFleet
from tests.support.receiver import receiving

FAULTS = ("the_cluster_has_no_spot", "the_newest_build_failed", "a_permission_is_missing")
KEY = "/fleet/github-app/private-key"


class Given(NamedTuple):
    """A fleet, and the words that the command needs besides those of the scene."""

    fleet: object
    words: tuple[str, ...] = ()


@contextmanager
def _standing(*faults: str) -> Iterator[Given]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        site = stack.enter_context(standing(stack.enter_context(MotoServer()), patch))
        for name in faults:
            stack.enter_context(BY_NAME[name].break_(site))
        yield Given(site.fleet)


def healthy() -> AbstractContextManager[Given]:
    """A fleet on moto without a fault."""
    return _standing()


def broken() -> AbstractContextManager[Given]:
    """A fleet on moto with some faults."""
    return _standing(*FAULTS)


@contextmanager
def creating() -> Iterator[Given]:
    """A user who creates an App at the GitHub stand-in."""
    with (
        pytest.MonkeyPatch.context() as patch,
        GitHub(token="a token", seed=1) as github,
        sitting(patch),
    ):
        fleet = CliFleet(SimulatedFleet(), unset=("WEBHOOK_URL",))
        yield Given(fleet, _wanted(github))


@contextmanager
def connecting() -> Iterator[Given]:
    """An App whose webhook has no URL yet."""
    with creating() as made, receiving() as receiver:
        fleet = made.fleet
        assert isinstance(fleet, CliFleet)
        run(fleet, "github", "create-app", *made.words, "--name", "Octo runners")
        fleet.parameters = parameters(**fleet.secrets.values)
        api = made.words[made.words.index("--github-url") + 1]
        options = ("--app-id", "1001", "--key-parameter", KEY, "--api-url", f"{api}/api/v3")
        yield Given(fleet, (*options, "--webhook-url", receiver.url))


@contextmanager
def importing() -> Iterator[Given]:
    """An empty fleet, and the export of another one in the file `export.jsonl`."""
    run(eventful(), "log", "export", "-o", "export.jsonl")
    yield Given(CliFleet(SimulatedFleet()))


def _wanted(github: GitHub) -> tuple[str, ...]:
    at = ("--github-url", github.url)
    return ("--organization", "octo", "--with", "statuses", "--without", "actions", *at)
