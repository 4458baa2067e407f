"""The rule about notices knows which of them can't have arrived yet."""

import pytest
from msgspec.json import encode

from shared.domain.notices import Notice
from tests.simulated.aws.expressions import Item
from tests.simulation.notice_rules import delivered
from tests.simulation.world.profile import profile_of
from tests.simulation.world.world import World

NOTICE = Notice(kind="Job Stuck", fleet="fleet", job_id=7, reason="its nudge is a dead letter")
ITEM: Item = {
    "stream": {"S": "job-7"},
    "seq": {"N": "1"},
    "notices": {"S": encode([NOTICE]).decode()},
}


def test_a_notice_may_be_on_its_way_and_has_to_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(0, profile_of("calm", 0))
    monkeypatch.setattr(world.functions, "forward", lambda _batch: None)
    world.stream.follow(ITEM)
    assert list(delivered(world)) == []
    world.agenda.run(until=900)
    assert list(delivered(world)) == [("Job Stuck of job 7 was not sent", None)]
