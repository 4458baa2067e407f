"""One stack for all tests of the folder; it runs in a process of its own."""

from collections.abc import Iterator

import pytest

from tests.local.stack.support import Up, started


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with started(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_request_of_the_stack_that_aws_would_refuse(request: pytest.FixtureRequest) -> Iterator[None]:
    """The stack's process prints each as it comes."""
    if "up" not in request.fixturenames:
        yield
        return
    running: Up = request.getfixturevalue("up")
    before = len(running.printed)
    yield
    refused = [one for one in running.printed[before:].splitlines() if "AWS would refuse" in one]
    if refused:
        pytest.fail("\n".join(dict.fromkeys(refused)), pytrace=False)


@pytest.fixture(scope="package")
def done(up: Up) -> int:
    """A job that went all the way; its id."""
    job_id = up.queue("sleep 0.5", ("self-hosted", "done"))
    up.ends(job_id)
    return job_id
