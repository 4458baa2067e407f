"""The stack left running: how to reach it, for people and for programs."""

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
    """What to type: a job by curl, a webhook by curl, the command line.

    Args:
        exports: The file that `write_exports` has written.
        ecsrunner: How the command line is called.
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
stand-in does not know that job: its runner waits in vain until the Janitor
retires it.

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
    """Write the command line's environment, to be read by a shell, and return where it is."""
    path = stack.directory / "exports.sh"
    lines = (f"export {name}={shlex.quote(text)}\n" for name, text in stack.cli_environment.items())
    path.write_text("".join(lines))
    return path


def details(stack: Stack) -> dict[str, object]:
    """The same for programs."""
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
    """JSON for a shell, a field a line: it fits into 80 columns."""
    fields = ",\n".join(f'   "{name}": {json.dumps(field)}' for name, field in value.items())
    return f"  {{\n{fields}\n  }}"


def write(path: Path, stack: Stack) -> None:
    """Write `details` as JSON, whole or not at all: who waits for the file can read it at once."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(details(stack), indent=2))
    part.replace(path)
