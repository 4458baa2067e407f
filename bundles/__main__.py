"""The command `python -m bundles`: builds all artifacts and prints their sizes and hashes."""

from collections.abc import Iterator
from pathlib import Path

import click

from bundles import archive
from bundles.archive import Written
from bundles.bytecode import Interpreter, interpreter
from bundles.errors import BundleError
from bundles.functions import function, names
from bundles.layer import layer
from bundles.runner import runner
from bundles.target import TARGETS, Target
from bundles.version import version

_PROJECT = Path(__file__).resolve().parents[1]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--for",
    "name",
    type=click.Choice(list(TARGETS)),
    default="arm64",
    show_default=True,
    help="Lambda architecture, or this machine with its Python.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=_PROJECT / "build",
    help="Output directory; default: `build` in the project.",
)
def main(name: str, out: Path) -> None:
    """Build the functions' zips, their layer and the runner image's source."""
    try:
        target = TARGETS[name]
        python = interpreter(target.python)
        click.echo(f"{version(_PROJECT)} for {name}, with bytecode of Python {python.version}")
        for one in _built(_PROJECT, out, target, python):
            click.echo(f"{one.sha256}  {one.size / 2**20:6.2f} MiB  {one.path}")
    except BundleError as error:
        raise click.ClickException(str(error)) from error


def _built(project: Path, out: Path, target: Target, python: Interpreter) -> Iterator[Written]:
    for name in names(project):
        entries = function(project, name, python)
        yield archive.write(out / "functions" / f"{name}.zip", entries)
    yield archive.write(out / "layer.zip", layer(project, target, python))
    yield archive.write(out / "runner.zip", runner(project))


if __name__ == "__main__":
    main(prog_name="python -m bundles")
