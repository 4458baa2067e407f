"""What each command prints with --json is what its schema describes, whatever happened before."""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from cli.documents.catalogue import DOCUMENTS
from tests.cli.golden.fleets import eventful, job, runner
from tests.cli.golden.scenes import SCENES, Scene, played
from tests.cli.stubs import StubbedFleet
from tests.cli.support import copy, mixed, run, swapped
from tests.cli.walk import commands, takes
from tests.cli.why import fleets
from tests.docs.schemas import document_name, line_name, schemas
from tests.simulation.simulation import simulate
from tests.support import lost
from tests.support.fleet import SimulatedFleet
from tests.support.images import building_fleet
from tests.support.stored import StoredFleet

WITH_JSON = [name for name, command in commands().items() if takes(command, "--json")]
PLAYED = [
    pytest.param(name, scene, id=f"{name} {' '.join(scene.words)}")
    for name in WITH_JSON
    for scene in SCENES[name]
]


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _wrong(name: str, document: Any) -> list[str]:
    """What is wrong with a document, by its schema."""
    return [f"{one.json_path}: {one.message}" for one in _validator(name).iter_errors(document)]


# --- which commands have a schema ----------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_JSON)
def test_a_command_with_json_has_a_schema(name: str) -> None:
    assert name in DOCUMENTS, "describe what it prints in cli/documents/catalogue.py"


def test_a_schema_is_of_a_command() -> None:
    assert set(DOCUMENTS) <= set(commands())
    documents = {name for name, document in DOCUMENTS.items() if document.document}
    assert documents == set(WITH_JSON)


@pytest.mark.parametrize("name", schemas())
def test_a_schema_describes_every_field_with_its_unit_and_allows_no_other(name: str) -> None:
    types = [one for one in _validator(name).schema["$defs"].values() if "properties" in one]
    assert types
    for one in types:
        assert one["additionalProperties"] is False
        for field, schema in one["properties"].items():
            if "seconds" in field:
                assert "econds" in schema["description"]
            if field.endswith("_at"):
                times = [each.get("format") for each in schema.get("anyOf", [schema])]
                assert "date-time" in times, field


# --- what is printed -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "scene"), PLAYED)
def test_a_document_is_as_its_schema_describes_it(name: str, scene: Scene) -> None:
    _, result = played(name, scene, "--json")
    if result.stdout or not scene.exit_code:
        assert _wrong(document_name(name), json.loads(result.stdout)) == []


def _storm() -> SimulatedFleet:
    """What a storm of faults has left in the log."""
    fleet = SimulatedFleet()
    world = simulate(3, "storm").world
    copy(world, fleet.log)
    fleet.clock.advance((world.agenda.now() - fleet.clock.now()).total_seconds())
    return fleet


def _lost() -> SimulatedFleet:
    fleet = lost.rerunning(SimulatedFleet())
    lost.lose(fleet)
    lost.look(fleet)
    return fleet


def _damaged() -> SimulatedFleet:
    fleet = StoredFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.damage_event("job-1", 1)
    return fleet


HISTORIES: list[Callable[[], SimulatedFleet]] = [
    SimulatedFleet,
    mixed,
    swapped,
    fleets.full,
    fleets.broken,
    fleets.image_fails,
    fleets.rate_limited,
    fleets.held,
    fleets.given_up,
    fleets.reclaimed,
    _lost,
    _damaged,
    _storm,
    lambda: building_fleet(1, 2),
]
ALL = (
    ("status",),
    ("timeline", "--since", "7d"),
    ("jobs", "list", "--since", "7d"),
    ("runners", "list"),
    ("report", "--since", "7d"),
    ("stats", "--since", "7d", "--cost"),
    ("queues",),
    ("replay", "verify"),
    ("replay", "nudge", "--all", "--dry-run"),
    ("replay", "what-if", "--since", "7d", "--set", "max_runners=2"),
)
"""Commands on a whole fleet."""
EACH = (
    ("jobs", "why"),
    ("jobs", "history"),
    ("runners", "history", "--events"),
    ("runners", "details"),
)
"""Commands on a job."""


def _job_ids(fleet: SimulatedFleet) -> Iterable[str]:
    streams = (str(one) for one in fleet.log.streams())
    return [one.removeprefix("job-") for one in streams if one.startswith("job-")]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda one: one.__name__)
def test_whatever_happened_documents_are_as_their_schemas_describe_them(
    history: Callable[[], SimulatedFleet],
) -> None:
    simulated = history()
    fleet = StubbedFleet(simulated)
    fleet.queues.bury("scheduler", "job-1", "outside-1")
    asked = [*ALL, *((*words, one) for words in EACH for one in _job_ids(simulated))]
    answers = {words: run(fleet, *words, "--json").stdout for words in asked}
    wrong = {
        words: _wrong(document_name(_command(words)), json.loads(text))
        for words, text in answers.items()
        if text
    }
    assert len(wrong) >= len(ALL) - 1, "what-if has no document without jobs"
    assert {words: found for words, found in wrong.items() if found} == {}


def _command(words: tuple[str, ...]) -> str:
    """The name of the command that begins so."""
    return next(one for one in (" ".join(words[:2]), words[0]) if one in DOCUMENTS)


# --- JSON Lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("jobs", "history", str(job(1)), "--follow", "--json"),
        ("runners", "history", runner(1), "--follow", "--json"),
        ("runners", "history", runner(1), "--follow", "--events", "--json"),
        ("logs", str(job(1)), "--follow", "--json"),
        ("log", "export"),
        ("log", "export", "--all"),
    ],
)
def test_each_line_is_as_its_schema_describes_it(words: tuple[str, ...]) -> None:
    result = run(eventful(), *words)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) >= 3
    assert [found for one in lines if (found := _wrong(line_name(_command(words)), one))] == []
