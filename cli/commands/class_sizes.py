"""`ecsrunner list-class-sizes`: lists the runner classes."""

import click
from msgspec.structs import asdict
from rich.text import Text

from cli.commands.options import fleet_of, json_option
from cli.documents.fleet import ClassList, ListedClass
from cli.fleet.context import CLASS_SIZES_PARAM
from cli.history.wording import size
from cli.render import as_json as json
from cli.render import console
from cli.render.layout import table
from cli.render.text import safe
from shared import class_sizes
from shared.domain.policy import ClassSize

_HEADINGS = ("CLASS", "CPU UNITS", "MEMORY MiB", "SIZE", "CAPACITY, IN ORDER")


@click.command("list-class-sizes")
@json_option
@click.pass_context
def list_class_sizes(ctx: click.Context, *, as_json: bool) -> None:
    """List the runner classes and their sizes.

    A job asks for one by a label `class:<name>`. They are checked against the sizes that Fargate
    has; exit code 1 if they do not fit. Needs CLASS_SIZES_PARAM.
    """
    fleet = fleet_of(ctx)
    fleet.require(CLASS_SIZES_PARAM)
    name = fleet.variable(CLASS_SIZES_PARAM)
    classes = class_sizes.parse(fleet.parameters.values([name])[name])
    by_size = sorted(classes.items(), key=lambda one: (one[1].cpu, one[1].memory, one[0]))
    if as_json:
        listed = (ListedClass(class_name=name, **asdict(one)) for name, one in by_size)
        json.document(ClassList(classes=tuple(listed)))
        return
    rows = [_HEADINGS, *(_cells(class_name, one) for class_name, one in by_size)]
    heading, *lines = table(rows, console.width())
    console.show([Text(heading, style="dim"), *map(Text, lines)])


def _cells(name: str, one: ClassSize) -> tuple[str, ...]:
    capacity = ", ".join(one.capacity)
    return tuple(
        map(safe, (name, str(one.cpu), str(one.memory), size(one.cpu, one.memory), capacity))
    )
