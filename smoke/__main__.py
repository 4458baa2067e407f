"""`python -m smoke`, behind `make smoke`. Arguments, signals, the order of things."""

import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import urlsplit

import click

from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.ports import Registrations
from smoke import arguments, report
from smoke.arguments import Arguments
from smoke.aws import clients
from smoke.catalogue import CLEAN_UP, ordered
from smoke.patience import Patience
from smoke.run import Run
from smoke.site import Site
from smoke.terraform import Terraform, TerraformError
from smoke.verdict import Verdict
from smoke.webhook import Webhook
from smoke.workspace import ROOM, Inputs, Workspace

_FAILED, _INTERRUPTED = 1, 130
_BEFORE = frozenset({"terraform", "packages", "network", "apply"})
"""What holds of a fleet that is there."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--region", help="AWS region; default: AWS_REGION, or the profile's.")
@click.option("--prefix", help="Of the temporary fleet; default: a random one, such as smoke-1a2b.")
@click.option("--repository", help="OWNER/NAME where a runner is registered; needs a token.")
@click.option("--token-file", type=click.Path(path_type=Path), help="Holds a token of GitHub.")
@click.option("--keep", is_flag=True, help="Leave the fleet there.")
@click.option("--destroy", is_flag=True, help="Only remove the fleet of an earlier run (--prefix).")
@click.option(
    "--fleet",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Check the fleet that Terraform made in this folder; it is neither made nor removed.",
)
@click.option(
    "--room",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOM,
    help="Where each run has a folder for its state and report; default: .smoke in the checkout.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this check (repeatable).")
@click.option("--skip", multiple=True, metavar="NAME=REASON", help="Not this check (repeatable).")
@click.option("--endpoint", metavar="URL", help="An emulator of AWS; for tests.")
@click.option("--webhook-url", metavar="URL", help="Where the emulator takes webhooks; for tests.")
@click.option("--github-url", metavar="URL", help="Of GitHub's API; for tests.")
def main(
    *,
    region: str | None,
    prefix: str | None,
    repository: str | None,
    token_file: Path | None,
    keep: bool,
    destroy: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    **others: Any,
) -> None:
    """Check link by link whether the fleet works in an AWS account, with a fleet of its own.

    Exit codes: 0 nothing failed, 1 a check failed, 2 wrong arguments, 130 interrupted.
    """
    if destroy and (keep or prefix is None):
        raise click.UsageError("--destroy needs --prefix, and goes without --keep")
    found, token = arguments.github(repository, token_file)
    chosen, skipped = arguments.checks(only, skip)
    asked = Arguments(
        region=arguments.region(region, None if others["fleet"] else prefix, others["room"]),
        prefix=arguments.prefix(prefix),
        repository=found,
        token=token,
        keep=keep,
        destroy=destroy,
        only=chosen,
        skip=skipped,
        **others,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    sys.exit(_run(asked))


def _run(asked: Arguments) -> int:
    """Run all checks; the exit code."""
    site = _existing(asked) if asked.fleet else _temporary(asked)
    run = Run(
        site=site,
        say=click.echo,
        only=asked.only,
        skip=asked.skip,
        met=_BEFORE if asked.fleet else frozenset(),
    )
    interrupted = False
    try:
        if not asked.destroy:
            planned = ordered(launches=site.launches)
            run.all(one for one in planned if one not in CLEAN_UP)
    except KeyboardInterrupt:
        interrupted = True
        click.echo("interrupted; what was made is removed now, which is not interrupted")
    finally:
        path = _report(asked, run)
        run.all(CLEAN_UP)
        path = _report(asked, run)
    click.echo(f"{report.summary(run.outcomes)}\nreport: {path}")
    if interrupted:
        return _INTERRUPTED
    return _FAILED if run.outcomes.count(Verdict.FAILED) else 0


def _report(asked: Arguments, run: Run) -> Path:
    site = run.site
    hidden = [asked.token or "", site.webhook.secret if site.webhook else ""]
    return report.write(asked.room / site.prefix, site, run.outcomes, hidden)


def _temporary(asked: Arguments) -> Site:
    """A site of a fleet that is to be made, or of one that an earlier run has left."""
    secret = secrets.token_hex(32)
    inputs = Inputs(
        region=asked.region,
        repository=asked.repository,
        token=asked.token,
        webhook_secret=secret,
    )
    workspace = Workspace(
        prefix=asked.prefix, inputs=inputs, room=asked.room, endpoint=asked.endpoint
    )
    if asked.destroy != workspace.has_state():
        again = f"make smoke DESTROY=1 PREFIX={asked.prefix}"
        raise click.UsageError(
            f"there is no state of {asked.prefix} in {asked.room}"
            if asked.destroy
            else f"there is a fleet {asked.prefix} already; remove it: {again}"
        )
    click.echo(
        f"fleet {asked.prefix} in {asked.region}; its state is kept in {workspace.directory}"
    )
    return _site(asked, asked.prefix, workspace, secret)


def _existing(asked: Arguments) -> Site:
    """A site of a fleet that is there."""
    assert asked.fleet is not None  # noqa: S101 - the caller has seen it
    terraform = Terraform(directory=asked.fleet, log=Path("/dev/null"))
    try:
        outputs = terraform.outputs()["fleet"]
    except (TerraformError, KeyError) as error:
        raise click.UsageError(f"{asked.fleet} has no fleet: {error}") from error
    told = outputs["function_environments"]
    scope = [one for one in told["ingest"]["GITHUB_SCOPE"].split(",") if "/" in one]
    if asked.token is None:
        if not scope:
            raise click.UsageError("the fleet serves an organization; it needs REPOSITORY")
        asked = replace(asked, repository=scope[0])
    prefix = told["scheduler"]["PREFIX"]
    ssm = clients(asked.region, asked.endpoint)("ssm")
    name = told["ingest"]["WEBHOOK_SECRET_PARAM"]
    secret = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    click.echo(f"fleet {prefix} in {asked.region}, which stays as it is")
    site = _site(asked, prefix, None, secret)
    site.has_fleet(outputs)
    return site


def _site(asked: Arguments, prefix: str, workspace: Workspace | None, secret: str) -> Site:
    def connect(site: Site) -> Webhook:
        url = site.outputs["webhook_url"]
        if asked.webhook_url:
            return Webhook(url=asked.webhook_url, secret=secret)
        if asked.endpoint:  # it answers for every service, by the name that is asked for
            parts = urlsplit(url)
            return Webhook(url=f"{asked.endpoint}{parts.path}", secret=secret, host=parts.netloc)
        return Webhook(url=url, secret=secret)

    return Site(
        client=clients(asked.region, asked.endpoint),
        patience=Patience(click.echo),
        region=asked.region,
        prefix=prefix,
        repository=asked.repository,
        # Above all that GitHub has, and exact as a number of JSON.
        job_id=9 * 10**15 + secrets.randbelow(10**6),
        launches=asked.token is not None or workspace is None,
        github=_github(asked),
        workspace=workspace,
        connect=connect,
        notes={"keep": "1"} if asked.keep else {},
    )


def _github(asked: Arguments) -> Registrations | None:
    if asked.token is None:
        return None
    api = GitHubApi(asked.github_url or "https://api.github.com")
    return GitHubRegistrations(api=api, tokens=_Token(asked.token))


class _Token:
    """The one token. See `shared.adapters.github_tokens.Tokens`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def token(self, _repository: str) -> str:
        """It."""
        return self._text

    def forget(self, _repository: str) -> bool:
        """There is no other."""
        return False


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Stop once: what was made is removed without another interruption."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not SIG_IGN, which terraform would inherit.
        signal.signal(number, _removing)
    raise KeyboardInterrupt


def _removing(_number: int, _frame: FrameType | None) -> None:
    click.echo("what was made is being removed; this is not interrupted")


if __name__ == "__main__":
    main(prog_name="python -m smoke")
