"""What a plan gives each function, and the settings that it is to be loaded into."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from functions.ingest.settings import Settings as IngestSettings
from functions.janitor.handler import JanitorSettings
from functions.outbox.handler import OutboxSettings
from shared.wiring.message_handler import ConsumerSettings

SETTINGS: Mapping[str, type[Struct]] = {
    "ingest": IngestSettings,
    "scheduler": ConsumerSettings,
    "reconciler": ConsumerSettings,
    "janitor": JanitorSettings,
    "outbox": OutboxSettings,
}

_LATER = {"IMAGE_REPOSITORY": "123456789012.dkr.ecr.us-east-1.amazonaws.com/fleet-runner"}
"""Of the form that is asked for, in place of what is known only once it is there."""


def environment(told: Mapping[str, Any], function: str) -> dict[str, str]:
    """A function's environment by the change of an output of all of them.

    What is known only once it is there is stood in for.
    """
    later = told["after_unknown"][function]
    given: dict[str, str] = told["after"][function]
    return given | {name: _LATER.get(name, "later") for name in later}
