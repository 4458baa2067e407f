"""The simulated EventBridge sends to ingest what the rule of the fleet matches."""

from random import Random
from typing import Any, cast

from local.fargate.lifecycle import matches_rule
from tests.simulated.agenda import Agenda
from tests.simulated.weather import Weather
from tests.simulation.world.functions import Functions
from tests.simulation.world.plumbing import EventBridge
from tests.support.task_states import TASK_STATES

TASK = "arn:aws:ecs:us-east-1:123456789012:task/fleet/1"


class Ingest:
    """Receives events."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []

    def on_event(self, event: dict[str, Any]) -> None:
        self.received.append(event["detail"])


def test_eventbridge_sends_the_states_of_a_task_that_the_rule_matches() -> None:
    agenda, ingest = Agenda(Random(1)), Ingest()
    eventbridge = EventBridge(agenda, Weather(), cast("Functions", ingest))
    tasks = [{"taskArn": TASK, "lastStatus": one, "desiredStatus": to} for one, to in TASK_STATES]
    for task in tasks:
        eventbridge.tell(task)
    agenda.run(until=3600)
    assert sorted(ingest.received, key=str) == sorted(filter(matches_rule, tasks), key=str)
    assert len(ingest.received) == 3
