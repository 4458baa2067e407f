"""Arguments and options that several commands share."""

import os
import re

import click
from click.shell_completion import CompletionItem
from msgspec import Struct

from cli.commands.connecting import connection_of
from cli.fleet.context import Fleet
from shared.domain.names import home_job
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId

STATUSES = tuple(one.value for one in Status)
ALLOWED = (
    "a runner id (<prefix>-<job id>-<number>, such as fleet-12877621891-1), a job id (a number) or "
    "a job's URL (https://<server>/<owner>/<repository>/actions/runs/<run id>/job/<job id>)"
)
_ACTIONS_URL = re.compile(r"https?://[^/\s]+/[^/\s]+/[^/\s]+/actions/.*", re.IGNORECASE)
_JOB_URL = re.compile(
    r"https?://[^/\s]+/[^/\s]+/[^/\s]+/actions/runs/[0-9]+(?:/attempts/[0-9]+)?/jobs?/([0-9]+)/?"
    r"(?:[?#]\S*)?",
    re.IGNORECASE,
)
"""A job's page, on github.com or an Enterprise server. Source: GitHub Docs, "REST API endpoints for
workflow jobs", `html_url`."""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document instead of text for people."
)


class Target(Struct, frozen=True):
    """A job or, with `runner_id`, one runner that was launched for it."""

    job_id: int
    runner_id: str | None = None


class TargetType(click.ParamType[Target]):
    """A runner's id, a job's id or a job's URL."""

    name = "runner_or_job"

    def convert(
        self, value: str | Target, param: click.Parameter | None, ctx: click.Context | None
    ) -> Target:
        """Return the job or the runner that the text names."""
        if isinstance(value, Target):
            return value
        found = target(value)
        if found is None:
            self.fail(_refusal(value), param, ctx)
        return found

    def shell_complete(
        self, ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return ids of recent runners."""
        from cli.commands.completing import runner_ids  # noqa: PLC0415 - it imports this module

        return [CompletionItem(one) for one in runner_ids(ctx, incomplete)]


class StatusName(click.ParamType[str]):
    """One of the six statuses, in upper or lower case."""

    name = "status"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the status as it is stored."""
        if value.upper() not in STATUSES:
            self.fail(f"{value!r} is not a status; allowed: {', '.join(STATUSES)}", param, ctx)
        return value.upper()

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the statuses that begin so."""
        return [CompletionItem(one) for one in STATUSES if one.startswith(incomplete.upper())]


target_argument = click.argument("target", metavar="RUNNER_OR_JOB", type=TargetType())


def target(text: str) -> Target | None:
    """Return the runner with that id, or the job with that id, stream id or URL; else None."""
    text = text.strip()
    url = _JOB_URL.fullmatch(text)
    number = url[1] if url else text
    for name in (number, f"job-{number}"):
        stream = StreamId.parse(name)
        if stream and stream.job_id is not None:
            return Target(stream.job_id)
    home = home_job(text)
    return None if home is None else Target(home, text)


def fleet_of(ctx: click.Context) -> Fleet:
    """Return the fleet of the command, on AWS unless a test has set another one."""
    root = ctx.find_root()
    if root.obj is None:
        from cli.fleet.aws_fleet import AwsFleet  # noqa: PLC0415 - botocore takes a while

        root.obj = AwsFleet(os.environ, connection_of(ctx))
    found: Fleet = root.obj
    return found


def _refusal(text: str) -> str:
    if _ACTIONS_URL.fullmatch(text.strip()):
        return f"{text!r} is not the URL of a job: open the job in the run, and copy its URL"
    return f"{text!r} is none of what is allowed: {ALLOWED}"
