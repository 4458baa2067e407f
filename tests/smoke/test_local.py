"""A run without GitHub on the local stack: up to the image, and never a call of GitHub."""

from pathlib import Path

import pytest

from local.stack import Options, Stack
from shared.domain.stream import StreamId
from smoke.catalogue import CLEAN_UP, PREFLIGHT, ordered
from smoke.patience import Patience
from smoke.run import Run
from smoke.site import Site
from smoke.webhook import Webhook
from tests.smoke.support import JOB

WATCH = {"janitor", "alarms"}
"""Only Terraform makes these."""


@pytest.mark.timeout(120)
def test_without_github_the_job_ends_before_its_launch_and_the_image_is_built(
    tmp_path: Path,
) -> None:
    options = Options(prefix="smoke-1a2b", repository="example/none", janitor_seconds=3600)
    said: list[str] = []
    with Stack(tmp_path, options) as stack:
        names, resources = stack.resources.description, stack.resources
        dead = {f"{name}_dead_letters": url for name, url in resources.dead_letters.items()}
        site = Site(
            client=stack.clients.make,
            patience=Patience(said.append),
            region="us-east-1",
            prefix=options.prefix,
            repository=options.repository,
            job_id=JOB,
            launches=False,
            github=None,
            workspace=None,
            connect=lambda _: Webhook(url=stack.webhook_url, secret=stack.webhook_secret),
        )
        site.has_fleet(
            {
                "tables": {"events": names.events_table, "runners": names.runners_table},
                "queue_urls": {**resources.queues, **dead},
                "functions": {},
                "function_environments": {
                    "scheduler": {"IMAGE_BUILD_PROJECT": names.image_project}
                },
            }
        )
        run = Run(site=site, echo=said.append, met=frozenset({"apply"}))
        around = {*PREFLIGHT, *CLEAN_UP}
        run.all(
            one
            for one in ordered(launches=False)
            if one not in around and one.name not in WATCH | {"apply"}
        )
        types = [one.event.type for one in stack.log.read(StreamId.of_job(JOB))]
        assert stack.github.actions.registered() == []
    verdicts = {one.check.name: one.verdict for one in run.outcomes.all}
    skipped = {"launched", "running", "online", "stopping", "offline"}
    assert {name for name, verdict in verdicts.items() if verdict == "skipped"} == skipped, said
    assert set(verdicts.values()) == {"ok", "skipped"}, said
    assert "RunnerLaunched" not in types
    assert "LaunchIntended" not in types
