"""GitHub's own client for JavaScript drives the stand-in, and judges our signatures.

What octokit can't use, no user of GitHub could: its paths, pages, errors, tokens and webhooks.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.signature import is_signed
from local.github.app import App
from local.github.deliveries import Delivery
from local.github.server import GitHub
from tests.judges.missing import missing
from tests.support.receiver import Receiver, receiving
from tests.support.tokens import private_pem, public_pem

HERE = Path(__file__).with_name("octokit")
NEEDED = "octokit's tests need node 20 and npm, and then: make judges"
IS_THERE = shutil.which("node") is not None and (HERE / "node_modules").is_dir()
if not IS_THERE and not os.environ.get("CI"):
    pytest.skip(NEEDED, allow_module_level=True)

TOKEN = "a token"
SECRET = "it is a secret"
OWNER, NAME = "octo", "repo"
REPOSITORY = {"owner": OWNER, "repo": NAME}
ORGANIZATION = {"org": OWNER}
SCOPES = pytest.mark.parametrize(("scope", "where"), [("Repo", REPOSITORY), ("Org", ORGANIZATION)])


class Octokit:
    """octokit in a process of its own."""

    def __init__(self, url: str, app_id: str, key: str) -> None:
        self._process = subprocess.Popen(
            ["node", "drive.mjs"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        app = {"id": app_id, "privateKey": key, "installation": 42}
        self._tell({"url": url, "token": TOKEN, "app": app})

    def __call__(self, do: str, **asked: Any) -> Any:
        """What came of it: the answer, or `error` with `status`."""
        self._tell({"do": do, **asked})
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def call(
        self, method: str, *, by: str = "installation", paginate: bool = False, **parameters: Any
    ) -> Any:
        """Call an operation by octokit's name, as the App, its installation, or by the token."""
        return self("call", method=method, paginate=paginate, parameters=parameters, **{"as": by})

    def close(self) -> None:
        self._process.communicate(timeout=100)

    def _tell(self, told: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(told)}\n")
        self._process.stdin.flush()


@pytest.fixture(scope="module")
def node() -> None:
    if not IS_THERE:
        missing(NEEDED)


@pytest.fixture
def github(node: None) -> Iterator[GitHub]:
    app = App(id=7, public_key=public_pem(), installations={OWNER: 42})
    with GitHub(token=TOKEN, seed=1, app=app) as server:
        yield server


Connect = Callable[..., Octokit]


@pytest.fixture
def connect(github: GitHub) -> Iterator[Connect]:
    made: list[Octokit] = []

    def make(app_id: Any = "7", key: int = 0) -> Octokit:
        made.append(Octokit(github.url, app_id, private_pem(key)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def octokit(connect: Connect) -> Octokit:
    return connect()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def _minted(octokit: Octokit, name: str, scope: str = "Repo", **where: str) -> Any:
    return octokit.call(
        f"actions.generateRunnerJitconfigFor{scope}",
        name=name,
        runner_group_id=1,
        labels=["self-hosted", "linux"],
        **(where or REPOSITORY),
    )


# --- the App --------------------------------------------------------------------------------------


@pytest.mark.parametrize("app_id", ["7", 7], ids=["text", "number"])
def test_the_app_finds_its_installation(connect: Connect, app_id: Any) -> None:
    octokit = connect(app_id)
    found = octokit.call("apps.getRepoInstallation", by="app", **REPOSITORY)
    assert (found["status"], found["data"]["id"], found["data"]["app_id"]) == (200, 42, 7)
    found = octokit.call("apps.getOrgInstallation", by="app", **ORGANIZATION)
    assert found["data"]["id"] == 42


def test_its_installation_is_let_in_by_a_token_that_is_used_again(
    github: GitHub, octokit: Octokit
) -> None:
    for _ in range(2):
        assert octokit.call("actions.listSelfHostedRunnersForRepo", **REPOSITORY)["status"] == 200
    assert github.calls["POST access_tokens"] == 1


def test_it_can_have_a_token_for_less(octokit: Octokit) -> None:
    asked = {
        "installationId": 42,
        "repositoryNames": [NAME],
        "permissions": {"administration": "write"},
    }
    minted = octokit("mint", options=asked)
    assert minted["permissions"] == {"administration": "write"}
    assert minted["repositorySelection"] == "selected"


def test_who_has_another_key_is_not_the_app(connect: Connect) -> None:
    refused = connect(key=1).call("apps.getRepoInstallation", by="app", **REPOSITORY)
    assert refused["status"] == 401
    assert "JSON web token could not be decoded" in refused["error"]


# --- runners --------------------------------------------------------------------------------------


@SCOPES
def test_a_runner_is_registered_listed_shown_and_deleted(
    octokit: Octokit, scope: str, where: dict[str, str]
) -> None:
    made = _minted(octokit, "fleet-1-1", scope, **where)
    assert made["status"] == 201
    config = json.loads(base64.b64decode(made["data"]["encoded_jit_config"]))
    assert config[".runner"]["agentName"] == "fleet-1-1"
    number = made["data"]["runner"]["id"]
    listed = octokit.call(f"actions.listSelfHostedRunnersFor{scope}", name="fleet-1-1", **where)
    assert [one["id"] for one in listed["data"]["runners"]] == [number]
    shown = octokit.call(f"actions.getSelfHostedRunnerFor{scope}", runner_id=number, **where)
    assert (shown["data"]["status"], shown["data"]["busy"]) == ("offline", False)
    delete = f"actions.deleteSelfHostedRunnerFrom{scope}"
    assert octokit.call(delete, runner_id=number, **where)["status"] == 204
    assert octokit.call(delete, runner_id=number, **where)["status"] == 404


def test_octokit_reads_all_pages_of_runners(github: GitHub, octokit: Octokit) -> None:
    names = [f"fleet-{number}-1" for number in range(5)]
    for name in names:
        _minted(octokit, name)
    listed = octokit.call(
        "actions.listSelfHostedRunnersForRepo", paginate=True, per_page=2, **REPOSITORY
    )
    assert [one["name"] for one in listed["data"]] == names
    assert github.calls["GET runners"] == 3


def test_octokit_takes_our_refusals_for_githubs(github: GitHub, octokit: Octokit) -> None:
    assert _minted(octokit, "fleet-1-1")["status"] == 201
    taken = _minted(octokit, "fleet-1-1")
    assert (taken["status"], "Already exists" in taken["error"]) == (409, True)
    assert _minted(octokit, "a" * 65)["status"] == 422
    (runner,) = github.actions.registered()
    github.actions.connect(runner.token, "2.338.0")
    github.actions.queue(f"{OWNER}/{NAME}", ("self-hosted",))
    busy = octokit.call("actions.deleteSelfHostedRunnerFromRepo", runner_id=runner.id, **REPOSITORY)
    assert (busy["status"], "is still running a job" in busy["error"]) == (422, True)
    elsewhere = octokit.call("actions.listSelfHostedRunnersForRepo", owner="acme", repo=NAME)
    assert elsewhere["status"] == 404


# --- webhooks -------------------------------------------------------------------------------------


def _settled(github: GitHub) -> list[Delivery]:
    assert github.hook is not None
    assert github.hook.settled(20)
    return github.hook.deliveries()


def test_the_app_sends_failed_deliveries_again(
    github: GitHub, octokit: Octokit, receiver: Receiver
) -> None:
    github.add_app_hook(receiver.url, SECRET)
    _settled(github)
    receiver.status = 503
    for _ in range(3):
        github.actions.queue(f"{OWNER}/{NAME}", ("self-hosted",))
    _settled(github)
    receiver.status = 202
    failed = octokit.call(
        "apps.listWebhookDeliveries", by="app", paginate=True, per_page=2, status="failure"
    )["data"]
    assert [(one["status_code"], one["installation_id"]) for one in failed] == [(503, 42)] * 3
    assert github.calls["GET deliveries"] == 2
    for one in failed:
        found = {"by": "app", "delivery_id": one["id"]}
        shown = octokit.call("apps.getWebhookDelivery", **found)["data"]
        assert shown["request"]["payload"]["action"] == "queued"
        assert octokit.call("apps.redeliverWebhookDelivery", **found)["status"] == 202
    again = _settled(github)[:3]
    assert {one.guid for one in again} == {one["guid"] for one in failed}
    assert all(one.redelivery and one.succeeded for one in again)


def test_a_repositorys_deliveries_are_sent_again_too(
    github: GitHub, octokit: Octokit, receiver: Receiver
) -> None:
    receiver.status = 500
    hook = github.add_hook(receiver.url, SECRET, f"{OWNER}/{NAME}")
    _settled(github)
    receiver.status = 202
    here = {"by": "token", "hook_id": hook.id, **REPOSITORY}
    (failed,) = octokit.call("repos.listWebhookDeliveries", paginate=True, **here)["data"]
    again = octokit.call("repos.redeliverWebhookDelivery", delivery_id=failed["id"], **here)
    assert again["status"] == 202
    assert _settled(github)[0].succeeded


@pytest.mark.parametrize("of_app", [True, False], ids=["App", "repository"])
def test_octokit_takes_in_the_stand_ins_webhooks(
    github: GitHub, octokit: Octokit, receiver: Receiver, of_app: bool
) -> None:
    if of_app:
        github.add_app_hook(receiver.url, SECRET)
    else:
        github.add_hook(receiver.url, SECRET, f"{OWNER}/{NAME}")
    github.actions.queue(f"{OWNER}/{NAME}", ("self-hosted",))
    _settled(github)
    got = []
    for headers, body in receiver.came:
        told = {"body": body.decode(), "headers": headers}
        assert "error" in octokit("receive", secret="another", **told)
        got += octokit("receive", secret=SECRET, **told)["received"]
    assert sorted((one["name"], one.get("action")) for one in got) == [
        ("ping", None),
        ("workflow_job", "queued"),
    ]


BODIES = pytest.mark.parametrize("body", ['{"a":1}', '{"name":"é✓ 𝄞"}', "x" * 100_000])


@BODIES
def test_ingest_takes_what_octokit_signs(octokit: Octokit, body: str) -> None:
    signature = octokit("sign", secret=SECRET, body=body)["signature"]
    assert is_signed(body.encode(), signature, [SECRET])
    assert is_signed(body.encode(), signature, ["another", SECRET])
    assert not is_signed(body.encode(), signature, ["another"])
    assert not is_signed(body.encode() + b" ", signature, [SECRET])
