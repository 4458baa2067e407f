"""The entry point of `ecsrunner`: its groups of commands. No command lives here."""

import os
from typing import Any

import click

from cli.commands.class_sizes import list_class_sizes
from cli.commands.queues import queues
from cli.commands.replay import replay
from cli.commands.runners import runners
from cli.context import AwsFleet
from cli.errors import EXIT_CODES, foreseen

VARIABLES = """\b
Environment (each command needs only what it uses, and says what is missing):
  RUNNER_TABLE                DynamoDB table of the runners
  EVENTS_TABLE                DynamoDB table of the events
  CLASS_SIZES_PARAM           SSM parameter of the class sizes
  SCHEDULER_QUEUE_URL         queue of the scheduler
  RECONCILER_QUEUE_URL        queue of the reconciler
  SCHEDULER_DEAD_LETTER_URL   dead-letter queue of the scheduler
  RECONCILER_DEAD_LETTER_URL  dead-letter queue of the reconciler
  FAILED_EVENTS_URL           queue of events that ingest could not take in
  AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL …  as everywhere with AWS
  NO_COLOR                    no colours; there are none anyway when output is piped
"""


class _Main(click.Group):
    """A group whose commands fail with one line and a documented exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn every foreseen error into what a person should read."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = foreseen(error)
            if told is None:
                raise
            raise told from error


@click.group(
    cls=_Main,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{VARIABLES}\n{EXIT_CODES}",
)
@click.version_option(package_name="ecs-runner-fleet", prog_name="ecsrunner")
@click.pass_context
def main(ctx: click.Context) -> None:
    """What a fleet of ephemeral GitHub Actions runners on ECS does and did, and why.

    Every command prints tables for people; with --json it prints one JSON document instead, times
    in ISO 8601 (UTC), so that it can be piped into jq.
    """
    if ctx.obj is None:
        ctx.obj = AwsFleet(os.environ)


main.add_command(runners)
main.add_command(list_class_sizes)
main.add_command(queues)
main.add_command(replay)
