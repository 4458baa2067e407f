"""The stack left running: how to reach it, for people and for programs."""

import json
import shlex
from pathlib import Path

from local.stack import Stack

_PAYLOAD = {
    "action": "queued",
    "workflow_job": {"id": 7, "labels": ["self-hosted"], "run_id": 1, "name": "by hand"},
}


def usage(stack: Stack, ecsrunner: str) -> str:
    """What to type: a job by curl, a webhook by curl, the command line."""
    repository = stack.options.repository
    job = {"repository": repository, "labels": ["self-hosted", "class:small"], "run": "sleep 5"}
    payload = {**_PAYLOAD, "repository": {"full_name": repository, "private": True}}
    exports = "\n".join(
        f"  export {name}={shlex.quote(value)}" for name, value in stack.cli_environment.items()
    )
    return f"""\

Queue a job at the GitHub stand-in: it sends the webhooks and gives the job to an idle runner.

  curl -s {stack.github.url}/stand-in/jobs -d '{json.dumps(job)}'

Or send the fleet a webhook of your own, signed with this stack's secret. The stand-in does not know
that job: its runner waits in vain until the Janitor retires it.

  BODY='{json.dumps(payload)}'
  SECRET='{stack.webhook_secret}'
  SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/.* //')
  curl -si {stack.webhook_url} -d "$BODY" \\
    -H 'content-type: application/json' -H 'x-github-event: workflow_job' \\
    -H "x-github-delivery: by-hand-$RANDOM" -H "x-hub-signature-256: sha256=$SIGNATURE"

Watch it from another terminal.

{exports}
  {ecsrunner} runners list

The functions' logs and the tasks' output are in {stack.directory}.
"""


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


def write(path: Path, stack: Stack) -> None:
    """Write `details` as JSON, whole or not at all: who waits for the file can read it at once."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(details(stack), indent=2))
    part.replace(path)
