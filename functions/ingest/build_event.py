"""Converts CodeBuild's `Build State Change` event to a fact, or to the reason to ignore it. Pure.

Source of the fields: AWS CodeBuild User Guide, "Build notifications input format reference".
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from functions.ingest.intake import Accepted, Ignored, Intake
from functions.ingest.settings import Settings
from shared.domain import events as e
from shared.domain.bounds import MAX_REASON, Link, Name, Reason, Time, Word, check_times
from shared.domain.stream import StreamId

DETAIL_TYPE = "CodeBuild Build State Change"

IN_PROGRESS = "IN_PROGRESS"
ENDS = ("SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT")
"""Source: AWS CodeBuild API Reference, Build, buildStatus."""
_TAG_VARIABLE = "IMAGE_TAG"


class _Variable(Struct, frozen=True):
    name: Name
    value: Reason = ""


class _Environment(Struct, frozen=True, rename="kebab"):
    environment_variables: Annotated[tuple[_Variable, ...], Meta(max_length=1000)] = ()


class _Logs(Struct, frozen=True, rename="kebab"):
    group_name: Name | None = None
    deep_link: Link | None = None


class _Phase(Struct, frozen=True, rename="kebab"):
    phase_type: Word = ""
    phase_status: Word = ""
    phase_context: Annotated[tuple[Reason, ...], Meta(max_length=10)] | None = None


class _Information(Struct, frozen=True):
    environment: _Environment = _Environment()
    logs: _Logs = _Logs()
    phases: Annotated[tuple[_Phase, ...], Meta(max_length=100)] = ()


class _Build(Struct, frozen=True, rename="kebab"):
    build_status: Word
    project_name: Name
    build_id: Link
    additional_information: _Information = _Information()


class _Event(Struct, frozen=True):
    detail: _Build
    time: Time | None = None


def read(event: dict[str, Any], settings: Settings, now: datetime) -> Intake:
    """Return the fact in the event, or why it is ignored.

    Raises:
        msgspec.ValidationError: the event is not a build's state change, or out of bounds.
    """
    decoded = msgspec.convert(event, _Event)
    check_times(now, {"$.time": decoded.time})
    build = decoded.detail
    if not settings.image_build_project or build.project_name != settings.image_build_project:
        return Ignored(f"build project {build.project_name!r} is not this fleet's")
    stream = StreamId.parse(f"image-{_tag(build)}")
    if stream is None:
        return Ignored(f"{_TAG_VARIABLE} {_tag(build)!r} is no image's tag")
    if build.build_status == IN_PROGRESS:
        return Ignored("the build goes on")
    if build.build_status not in ENDS:
        return Ignored(f"build status {build.build_status!r} is none of {', '.join(ENDS)}")
    return Accepted(stream=stream, fact=_ended(build), at=decoded.time or now)


def _tag(build: _Build) -> str:
    variables = build.additional_information.environment.environment_variables
    return next((one.value for one in variables if one.name == _TAG_VARIABLE), "")


def _ended(build: _Build) -> e.ImageBuildEnded:
    """Return the fact. Its build id is the one that StartBuild returned: the end of the ARN."""
    information = build.additional_information
    return e.ImageBuildEnded(
        build_id=build.build_id.rpartition(":build/")[2],
        status=build.build_status,
        reason="; ".join(_reasons(information.phases))[:MAX_REASON],
        log_url=_link(information.logs),
    )


def _link(logs: _Logs) -> str:
    """Return the link to the log, or "". Without a log the event's link names the group `null`."""
    return logs.deep_link or "" if logs.group_name not in (None, "null") else ""


def _reasons(phases: tuple[_Phase, ...]) -> list[str]:
    """Return the contexts of the phases that did not succeed. An empty context is `: `."""
    return [
        f"{phase.phase_type}: {context}"
        for phase in phases
        for context in phase.phase_context or ()
        if phase.phase_status != "SUCCEEDED" and context.strip(" :")
    ]
