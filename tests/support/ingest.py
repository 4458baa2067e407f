"""The ingest function on a fleet's stored tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.ingest.handler import Ingest
from functions.ingest.settings import Settings
from tests.support.stored import NAMES, StoredFleet
from tests.support.webhooks import SECRET

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/fleet"


class _Secrets:
    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        return dict.fromkeys(names, SECRET)


def ingest(fleet: StoredFleet, **parts: Any) -> Ingest:
    """Return the function for `octo/repo`; `parts`, such as its logger, replace its defaults."""
    settings = Settings(
        events_table=NAMES.events_table,
        runner_table=NAMES.runners_table,
        prefix="fleet",
        cluster=CLUSTER,
        github_scope=("octo/repo",),
        webhook_secret_param="secret",
        image_build_project=NAMES.image_project,
    )
    return Ingest(
        settings=settings,
        log=fleet.log,
        waiting=fleet.table.waiting,
        parameters=_Secrets(),
        clock=fleet.clock,
        **parts,
    )
