"""The document of each command with --json, and of those that print JSON Lines.

`docs/json.md` and the schemas in `docs/schemas` are made from it; a test validates what the
commands print against them.
"""

from typing import NamedTuple

from msgspec import Struct

from cli.documents.doctor import DoctorDocument
from cli.documents.fleet import ClassList, QueuesDocument, RedriveDocument, WebhookList
from cli.documents.github import ConnectedApp, CreatedApp
from cli.documents.jobs import JobList
from cli.documents.logs import RunnerLog
from cli.documents.replay import CheckDocument, DriftList, NudgeList, RepairList, WhatIfDocument
from cli.documents.runners import JobRunners, JobStops, RunnerList, StopAnswer, StoredEvents
from cli.documents.statistics import ReportDocument, StatisticsDocument
from cli.documents.timeline import TimelineDocument
from cli.fleet.container_log import LogLine
from cli.history.stored_events import StoredEvent
from cli.history.timeline import Entry, Timeline
from cli.status.overview import Overview
from cli.status.past import Past
from cli.streams.jsonl import EventLine, Header, RowLine
from cli.why.explanation import Explanation
from shared.domain.projection import RunnerRow

Types = tuple[type[Struct], ...]


class Document(NamedTuple):
    """What a command prints.

    Attributes:
        document: The types of the document, which is one of them; empty if there is none.
        several: Whether several arguments give an array of such documents.
        lines: The types of a line, if the command prints JSON Lines.
        option: The option that is needed for JSON Lines, beside --json; "" if none is, not even
            --json.
        whole: Whether a field that is not set is printed as null, and not left out.
    """

    document: Types = ()
    several: bool = False
    lines: Types = ()
    option: str = ""
    whole: bool = True


_HISTORY = Document(
    (Timeline, StoredEvents), several=True, lines=(Entry, StoredEvent), option="--follow"
)

DOCUMENTS = {
    "doctor": Document((DoctorDocument,)),
    "github connect": Document((ConnectedApp,)),
    "github create-app": Document((CreatedApp,)),
    "jobs history": _HISTORY,
    "jobs list": Document((JobList,)),
    "jobs why": Document((Explanation,)),
    "list-class-sizes": Document((ClassList,)),
    "log export": Document(lines=(Header, EventLine, RowLine), whole=False),
    "logs": Document((RunnerLog,), lines=(LogLine,), option="--follow"),
    "queues": Document((QueuesDocument,)),
    "queues redrive": Document((RedriveDocument,)),
    "replay check": Document((CheckDocument,)),
    "replay nudge": Document((NudgeList,)),
    "replay rebuild": Document((RepairList,)),
    "replay verify": Document((DriftList,)),
    "replay what-if": Document((WhatIfDocument,)),
    "report": Document((ReportDocument,)),
    "runners details": Document((RunnerRow, JobRunners), several=True),
    "runners history": _HISTORY,
    "runners list": Document((RunnerList,)),
    "runners terminate": Document((StopAnswer, JobStops)),
    "stats": Document((StatisticsDocument,)),
    "status": Document((Overview, Past)),
    "timeline": Document((TimelineDocument,)),
    "webhooks": Document((WebhookList,)),
}
"""Each command, by its words."""
