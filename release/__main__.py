"""`python -m release`: check a version before it is tagged, and make what its release carries."""

from pathlib import Path

import click

from bundles.errors import BundleError
from bundles.version import version as project_version
from release import assets as made
from release import runner
from release.check import problems
from shared.adapters.github_api import GitHubApi
from shared.ports import Refused, Unavailable

_PROJECT = Path(__file__).resolve().parents[1]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check and make releases."""


@main.command()
@click.argument("version")
def check(version: str) -> None:
    """Check that the project, the changelog and the documents agree on VERSION.

    Exit code 1 if they do not; each problem is one line.
    """
    found = problems(_PROJECT, version)
    for one in found:
        click.echo(one, err=True)
    if found:
        raise click.exceptions.Exit(1)
    click.echo(f"{version}: project, changelog and documents agree")


@main.command()
@click.option(
    "--built",
    type=click.Path(path_type=Path, file_okay=False),
    default=_PROJECT / "build" / "release",
    help="Has a folder for each architecture; by default `build/release` in the project.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=_PROJECT / "dist",
    help="Where they go; by default `dist` in the project.",
)
def assets(built: Path, out: Path) -> None:
    """Write the packages, their hashes and the release notes of the project's version."""
    try:
        for one in made.write(_PROJECT, built, out, project_version(_PROJECT)):
            click.echo(f"{one.sha256}  {one.size / 2**20:6.2f} MiB  {one.path}")
    except BundleError as error:
        raise click.ClickException(str(error)) from error


@main.command("runner-version")
@click.argument("version", required=False)
@click.option("--api-url", default="https://api.github.com", show_default=True, hidden=True)
def runner_version(version: str | None, api_url: str) -> None:
    """Raise the version of GitHub's runner in the images to VERSION, or to the latest one.

    Writes its version, day and checksums into the files of the project that name them.
    """
    api = GitHubApi(api_url)
    try:
        found = runner.find(api, version)
        changed = runner.write(_PROJECT, found)
    except (runner.RunnerError, Refused, Unavailable) as error:
        raise click.ClickException(str(error)) from error
    finally:
        api.close()
    click.echo(f"GitHub's runner {found.version}, released on {found.released}")
    for path in changed:
        click.echo(f"  wrote {path.relative_to(_PROJECT)}")
    click.echo("Next: make test, an entry in CHANGELOG.md." if changed else "Nothing to change.")


if __name__ == "__main__":
    main(prog_name="python -m release")
