"""Arguments and options that several commands share."""

import click

from cli.context import Fleet
from shared.domain.names import home_job, stream_job
from shared.domain.status import Status

STATUSES = tuple(one.value for one in Status)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document instead of text for people."
)


class RunnerId(click.ParamType[str]):
    """A runner's id, as `runners list` shows it."""

    name = "runner_id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself, if it can be a runner's id."""
        text = value.strip()
        if home_job(text) is None:
            self.fail(
                f"{value!r} is not a runner id; those look like <prefix>-<job id>-<number>, such "
                "as fleet-12877621891-1 (see `ecsrunner runners list`)",
                param,
                ctx,
            )
        return text


class StatusName(click.ParamType[str]):
    """One of the six names, in any case."""

    name = "status"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is stored."""
        if value.upper() not in STATUSES:
            self.fail(f"{value!r} is not a status; allowed: {', '.join(STATUSES)}", param, ctx)
        return value.upper()


class JobId(click.ParamType[int]):
    """A GitHub job's id, as a number or as its stream's name."""

    name = "job_id"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number."""
        job_id = job_of(str(value))
        if job_id is None:
            self.fail(f"{value!r} is not a job id; give a number, such as 12877621891", param, ctx)
        return job_id


def job_of(text: str) -> int | None:
    """The job that `123` or `job-123` names, or None."""
    found = stream_job(text.strip())
    return found if found is not None else stream_job(f"job-{text.strip()}")


def fleet_of(ctx: click.Context) -> Fleet:
    """The fleet that the command works on."""
    found: Fleet = ctx.obj
    return found
