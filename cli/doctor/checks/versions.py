"""The checks of versions and of the environment of `ecsrunner` itself."""

from collections.abc import Iterator
from importlib.metadata import version

from cli.doctor.context import Context
from cli.doctor.deployed import versions
from cli.doctor.finding import Finding, problem, warning
from cli.doctor.settings import CONSUMERS


def agree(context: Context) -> Iterator[Finding]:
    """Yield functions of different versions, and a command line of another version."""
    mine, found = version("ecs-runner-fleet"), versions(context)
    different = set(found.values())
    if len(different) > 1:
        listed = ", ".join(f"{one} {found[one] or 'unknown'}" for one in sorted(found))
        yield problem(
            "functions",
            f"they are of different versions: {listed}",
            "The last apply did not finish: terraform apply.",
        )
        return
    for one in different - {mine}:
        yield warning(
            "version",
            f"ecsrunner is {mine}, but {one or 'an unknown version'} is deployed",
            "Install ecsrunner from the tag that is deployed, or deploy this one.",
        )


def exports(context: Context) -> Iterator[Finding]:
    """Yield variables of `ecsrunner` that name resources of another fleet."""
    settings, outbox = context.settings, context.environment("outbox")
    expected = {
        "EVENTS_TABLE": settings.events_table,
        "RUNNER_TABLE": settings.runner_table,
        "CLASS_SIZES_PARAM": settings.class_sizes_param,
        "SCHEDULER_DEAD_LETTER_URL": settings.scheduler_dead_letter_url,
        "RECONCILER_DEAD_LETTER_URL": settings.reconciler_dead_letter_url,
        **{
            f"{one.upper()}_QUEUE_URL": outbox.get(f"{one.upper()}_QUEUE_URL", "")
            for one in CONSUMERS
        },
    }
    for name, value in expected.items():
        given = context.fleet.variable(name)
        if given and value and given != value:
            yield warning(
                name,
                f"is {given} in the environment of ecsrunner, but {value} in the fleet",
                'Set it again: eval "$(terraform output -raw cli_exports)", or use --fleet.',
            )
