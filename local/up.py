"""Describes how to use a running stack, as text for people and as JSON for programs."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from local.stack import Stack

_PAYLOAD = {
    "action": "queued",
    "workflow_job": {"id": 7, "labels": ["self-hosted"], "name": "by hand"},
}


def usage(stack: Stack, exports: Path, ecsrunner: str) -> str:
    """Return the commands to queue a job, to send a webhook and to use `ecsrunner`.

    Args:
        exports: The file that `write_exports` has written.
        ecsrunner: The path of the command `ecsrunner`.
    """
    repository = stack.options.repository
    job = {"repository": repository, "labels": ["self-hosted", "class:small"], "run": "sleep 5"}
    payload = {**_PAYLOAD, "repository": {"full_name": repository, "private": True}}
    return f"""\

Queue a job at the GitHub stand-in: it sends the webhooks and gives the job to
an idle runner.

  curl -s {stack.github.url}/stand-in/jobs -d '
{_json(job)}'

Or send the fleet a webhook of your own, signed with this stack's secret. The
job does not exist at the stand-in, so its runner gets no job until the Janitor
stops it.

  BODY='
{_json(payload)}'
  SECRET='{stack.webhook_secret}'
  SIGNATURE=$(printf %s "$BODY" |
    openssl dgst -sha256 -hmac "$SECRET" | sed 's/.* //')
  curl -si {stack.webhook_url} -d "$BODY" \\
    -H 'content-type: application/json' -H 'x-github-event: workflow_job' \\
    -H "x-github-delivery: by-hand-$RANDOM" \\
    -H "x-hub-signature-256: sha256=$SIGNATURE"

Watch it from another terminal. The first line sets the addresses of this stack.

  eval "$(cat {exports})"
  {ecsrunner} runners list

The functions' logs and the tasks' output stay in
{stack.directory}
"""


def write_exports(stack: Stack) -> Path:
    """Write the command line's environment as a shell script and return its path."""
    path = stack.directory / "exports.sh"
    lines = (f"export {name}={shlex.quote(text)}\n" for name, text in stack.cli_environment.items())
    path.write_text("".join(lines))
    return path


def details(stack: Stack) -> dict[str, object]:
    """Return addresses and environment of the stack for programs."""
    return {
        "aws": stack.aws.url,
        "github": stack.github.url,
        "repository": stack.options.repository,
        "webhook": stack.webhook_url,
        "webhook_secret": stack.webhook_secret,
        "directory": str(stack.directory),
        "cli": stack.cli_environment,
    }


def _json(value: Mapping[str, object]) -> str:
    """Format JSON for a shell with one field per line, within 80 columns."""
    fields = ",\n".join(f'   "{name}": {json.dumps(field)}' for name, field in value.items())
    return f"  {{\n{fields}\n  }}"


def write(path: Path, stack: Stack) -> None:
    """Write `details` as JSON, atomically, for processes that wait for the file."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(details(stack), indent=2))
    part.replace(path)
