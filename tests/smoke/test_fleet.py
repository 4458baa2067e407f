"""Making and removing the temporary fleet, with a terraform that does as it is told."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from local import clients
from local.github.answers import refused
from local.github.server import GitHub
from smoke import fleet, workspace
from smoke.credential import App, Credential, Token
from smoke.patience import Patience
from smoke.terraform import message
from smoke.verdict import Failed, Skipped
from smoke.workspace import PLACEHOLDER, Inputs, Workspace, earlier
from tests.local.stack.support import PROJECT, until
from tests.smoke.support import OUTPUTS, Scripted, Time, denied, site
from tests.support.tokens import private_pem

TERRAFORM = """#!/bin/sh
# A terraform that notes what it is told, and has one resource between apply and destroy.
cd "${1#-chdir=}" 2>/dev/null && shift
echo "$*" >> "$CALLS"
env -0 | grep -z '^TF_VAR_' > "$CALLS.variables"
case "$1" in
  version) echo '{"terraform_version": "1.11.4", "provider_selections": {"x/aws": "5.100.0"}}' ;;
  apply)
    echo '{"resources": 1}' > terraform.tfstate
    if [ -n "$HANG" ]; then
      trap 'echo interrupted >> "$CALLS"; exit 1' INT
      echo hanging >> "$CALLS"
      while true; do sleep 0.1; done
    fi
    if [ -n "$BROKEN" ]; then
      printf '\\n│ Error: creating Lambda\\n│ \\n│ AccessDenied\\n╵\\n'
      exit 1
    fi ;;
  destroy)
    if [ -n "$STUCK" ]; then echo 'Error: in use'; exit 1; fi
    echo '{}' > terraform.tfstate ;;
  output) [ -f "$OUTPUTS" ] && cat "$OUTPUTS" || echo '{}' ;;
  state) grep -q resources terraform.tfstate && echo aws_thing.one; true ;;
esac
"""

KEY = "-----BEGIN RSA PRIVATE KEY-----\nk3yline1\nk3yline2\n-----END RSA PRIVATE KEY-----"
OF_CREDENTIALS = {
    "github_pat",
    "github_app",
    "github_app_private_key",
    "github_app_private_key_parameter",
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What terraform was told."""
    script = tmp_path / "bin" / "terraform"
    script.parent.mkdir()
    script.write_text(TERRAFORM)
    script.chmod(0o755)
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"fleet": {"value": OUTPUTS}}))
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("OUTPUTS", str(outputs))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def variables(calls: Path) -> dict[str, str]:
    """What terraform was given last, by the name of the variable."""
    given = calls.with_name(f"{calls.name}.variables").read_text().strip("\0").split("\0")
    return dict(one.removeprefix("TF_VAR_").split("=", 1) for one in given)


def told(calls: Path) -> list[str]:
    return [line.split()[0] for line in calls.read_text().splitlines()]


def own(tmp_path: Path, credential: Credential | None = None, **services: Any) -> Scripted:
    where = site(**services)
    where.patience = Patience(lambda _: None, pause=lambda _: time.sleep(0.01))
    where.outputs = {}
    inputs = Inputs(
        region="eu-central-1", repository="a/b", credential=credential, webhook_secret="s3cret"
    )
    where.workspace = Workspace(prefix=where.prefix, inputs=inputs, room=tmp_path / "room")
    return where


def test_a_fleet_is_made_in_a_copy_that_is_tagged(calls: Path, tmp_path: Path) -> None:
    where = own(tmp_path)
    assert fleet.apply(where) == f"1 resources with the prefix {where.prefix}"
    assert where.workspace is not None
    assert where.outputs == OUTPUTS
    assert where.notes["aws"] == "5.100.0"
    example = where.workspace.terraform.directory
    assert (example / "main.tf").exists()
    assert "ecs-runner-fleet-smoke" in (example / "smoke_override.tf").read_text()
    assert earlier(where.prefix, tmp_path / "room")["region"] == "eu-central-1"


@pytest.mark.parametrize(
    ("credential", "given", "secrets"),
    [
        (None, {"github_pat": PLACEHOLDER.secret}, []),
        (Token(secret="tok3n"), {"github_pat": "tok3n"}, ["tok3n"]),
        (
            App(id="4711", secret=KEY),
            {"github_app": '{"id": "4711"}', "github_app_private_key": KEY},
            ["k3yline1", "k3yline2"],
        ),
    ],
    ids=["no credential", "token", "App"],
)
def test_terraform_is_given_the_one_credential_and_no_file_or_repr_has_a_secret(
    calls: Path,
    tmp_path: Path,
    credential: Credential | None,
    given: dict[str, str],
    secrets: list[str],
) -> None:
    where = own(tmp_path, credential)
    fleet.apply(where)
    assert where.workspace is not None
    told = variables(calls)
    assert {name: text for name, text in told.items() if name in OF_CREDENTIALS} == given
    assert told["webhook_secret"] == "s3cret"
    files = [path for path in where.workspace.directory.rglob("*") if path.is_file()]
    shown = [path.read_text() for path in files]
    shown += [repr(credential), repr(where.workspace), repr(where.workspace.terraform)]
    assert len(files) > 10
    assert not [secret for secret in [*secrets, "s3cret"] for text in shown if secret in text]


def test_inputs_of_another_fleet_do_not_reach_this_one(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("github_app", "github_app_private_key_parameter", "webhook_secret_parameter"):
        monkeypatch.setenv(f"TF_VAR_{name}", "another's")
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".terraform*")
    shutil.copytree(PROJECT / "terraform", checkout / "terraform", ignore=ignored)
    for name in ("terraform.tfvars", "more.auto.tfvars.json"):
        (checkout / "terraform" / "examples" / "minimal" / name).write_text("another's")
    monkeypatch.setattr(workspace, "PROJECT", checkout)
    where = own(tmp_path, Token(secret="tok3n"))
    fleet.apply(where)
    assert where.workspace is not None
    assert "another's" not in variables(calls).values()
    assert not list(where.workspace.directory.rglob("*.tfvars*"))


@pytest.mark.parametrize("unreserved", ["10", "900"])
def test_a_small_account_reserves_nothing(calls: Path, tmp_path: Path, unreserved: str) -> None:
    where = own(tmp_path)
    where.notes["lambda_unreserved"] = unreserved
    fleet.apply(where)
    assert where.workspace is not None
    override = (where.workspace.terraform.directory / "smoke_override.tf").read_text()
    assert ("reserved_concurrency" in override) is (unreserved == "10")


def test_terraforms_own_message_is_the_cause(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "1")
    with pytest.raises(Failed, match="terraform apply: Error: creating Lambda AccessDenied; all"):
        fleet.apply(own(tmp_path))


def test_what_terraform_printed_last_is_its_message_if_it_names_no_error() -> None:
    assert message("one\ntwo\n\nthree\nfour\n") == "two three four"
    assert message("") == "it printed nothing"


def test_all_that_the_functions_made_is_removed_too(calls: Path, tmp_path: Path) -> None:
    tasks = iter([{"taskArns": ["arn:task/1"]}, {"taskArns": []}])
    where = own(
        tmp_path,
        ecs={
            "list_tasks": lambda **_: next(tasks),
            "stop_task": {},
            "list_task_definition_families": {"families": ["smoke-1a2b-runner-x"]},
            "list_task_definitions": {"taskDefinitionArns": ["arn:task-definition/x:1"]},
            "deregister_task_definition": {},
        },
        codebuild={
            "list_builds_for_project": {"ids": ["b"]},
            "batch_get_builds": {"builds": [{"id": "b", "buildStatus": "IN_PROGRESS"}]},
            "stop_build": {},
        },
    )
    fleet.apply(where)
    assert fleet.destroy(where) == "destroyed; build b; task 1; task definition x:1"
    assert where.workspace is not None
    assert not (where.workspace.directory / "terraform").exists()
    assert told(calls)[-2:] == ["destroy", "state"]


def test_what_may_not_be_removed_is_said_and_terraform_goes_on(calls: Path, tmp_path: Path) -> None:
    where = own(tmp_path)
    fleet.apply(where)
    found = fleet.destroy(where)
    assert found.startswith("destroyed; not removed: AccessDeniedException")


def test_a_fleet_that_is_kept_says_how_it_is_removed(calls: Path, tmp_path: Path) -> None:
    where = own(tmp_path)
    where.notes["keep"] = "1"
    with pytest.raises(Skipped, match="make smoke DESTROY=1 PREFIX=smoke-1a2b"):
        fleet.destroy(where)


def test_where_nothing_was_made_nothing_is_removed(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="nothing was made"):
        fleet.destroy(own(tmp_path))


def test_a_failed_destroy_keeps_the_state(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = own(tmp_path)
    fleet.apply(where)
    monkeypatch.setenv("STUCK", "1")
    with pytest.raises(Failed, match="in use"):
        fleet.destroy(where)
    assert where.workspace is not None
    assert where.workspace.has_state()


def tagged(*arns: str) -> dict[str, Any]:
    return {"get_resources": {"ResourceTagMappingList": [{"ResourceARN": one} for one in arns]}}


def test_what_is_left_is_listed_but_for_what_is_gone(tmp_path: Path) -> None:
    inactive = {"describe_clusters": {"clusters": [{"status": "INACTIVE"}]}}
    gone = tagged("arn:aws:ecs:::cluster/c", "arn:aws:ecs:::task-definition/d:1")
    where = own(tmp_path, resourcegroupstaggingapi=gone, ecs=inactive)
    assert fleet.leftovers(where).startswith("no resource has the tag")
    where = own(tmp_path, resourcegroupstaggingapi=tagged("arn:aws:sqs:::queue"))
    where.patience = Time().patience()
    with pytest.raises(Failed, match="1 left: arn:aws:sqs:::queue"):
        fleet.leftovers(where)


def test_whether_something_is_left_may_not_be_seen(tmp_path: Path) -> None:
    where = own(tmp_path, resourcegroupstaggingapi={"get_resources": denied()})
    with pytest.raises(Skipped, match="tag:GetResources: AccessDeniedException"):
        fleet.leftovers(where)


def test_a_fleet_that_was_there_is_neither_made_nor_removed() -> None:
    for check in (fleet.apply, fleet.destroy, fleet.leftovers):
        with pytest.raises(Skipped, match="there before"):
            check(site())


def _process(tmp_path: Path, *more: str, **environment: str) -> "subprocess.Popen[str]":
    """`python -m smoke`, whose AWS nobody answers for: it only makes the fleet and removes it."""
    nowhere = "http://127.0.0.1:9"
    words = ["--region", "eu-central-1", "--prefix", "smoke-test", "--endpoint", nowhere]
    return subprocess.Popen(
        [sys.executable, "-m", "smoke", *words, "--only", "apply", "--room", str(tmp_path), *more],
        cwd=PROJECT,
        env={**os.environ, **clients.variables(nowhere, "smoke"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_after_ctrl_c_what_was_made_is_removed(calls: Path, tmp_path: Path) -> None:
    with _process(tmp_path, HANG="1") as process:
        until(lambda: calls.exists() and "hanging" in told(calls), "terraform applies")
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=100)
    assert process.returncode == 130, printed
    assert "interrupted" in told(calls)
    assert told(calls).index("interrupted") < told(calls).index("destroy")
    assert "ok       Terraform removes the fleet" in printed
    assert (tmp_path / "smoke-test" / "report.json").exists()


def test_after_a_failure_what_was_made_is_removed_and_the_exit_code_is_1(
    calls: Path, tmp_path: Path
) -> None:
    with _process(tmp_path, BROKEN="1") as process:
        printed, _ = process.communicate(timeout=100)
    assert process.returncode == 1, printed
    assert "FAILED   Terraform makes the fleet" in printed
    assert told(calls)[-1] == "state"
    assert "destroy" in told(calls)


def test_a_credential_that_github_rejects_stops_the_run_before_anything_is_made(
    calls: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("wr0ng")
    with GitHub(token="right") as github:
        words = ["--only", "github", "--github-url", github.url, "--repository", "octo/repo"]
        with _process(tmp_path, *words, "--token-file", str(token)) as process:
            printed, _ = process.communicate(timeout=100)
    assert process.returncode == 1, printed
    assert "cause:  GitHub: 401 Bad credentials" in printed
    assert "skipped  Terraform makes the fleet" in printed
    assert not calls.exists()


def test_a_run_without_a_credential_makes_its_fleet(calls: Path, tmp_path: Path) -> None:
    with _process(tmp_path, "--only", "github") as process:
        printed, _ = process.communicate(timeout=100)
    assert process.returncode == 0, printed
    assert "skipped  GitHub accepts the credential for REPOSITORY" in printed
    assert "ok       Terraform makes the fleet" in printed


def test_no_line_of_an_apps_key_is_in_the_report(tmp_path: Path) -> None:
    """The cause, which GitHub words, is what could have one."""
    (tmp_path / "key.pem").write_text(private_pem())
    lines = private_pem().splitlines()

    def quote(_request: Request) -> Response:
        return refused(403, " and ".join(lines))

    with GitHub(token="right", faults=quote) as github:
        words = ["--only", "github", "--github-url", github.url, "--repository", "octo/repo"]
        app = ["--app-id", "7", "--app-key-file", str(tmp_path / "key.pem")]
        with _process(tmp_path, *words, *app) as process:
            printed, _ = process.communicate(timeout=100)
    assert lines[1] in printed
    for name in ("report.json", "report.txt"):
        report = (tmp_path / "smoke-test" / name).read_text()
        assert "GitHub: 403 <secret> and <secret>" in report
        assert not [line for line in lines if line in report]
