"""Writes the archive for a support ticket: the report and what explains it, without secrets.

An environment is reduced to the variables of `KNOWN`, which hold no secret; of others only the name
is written. Whatever is written passes the scrubber.
"""

import io
import platform
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from cli.doctor.checks.queues import attributes, depth, names
from cli.doctor.context import Context
from cli.doctor.deployed import versions
from cli.doctor.finding import Report
from cli.doctor.scrub import HIDDEN, Scrubber
from cli.doctor.settings import FUNCTIONS, KNOWN
from cli.documents.doctor import document
from shared.adapters.attributes import time_text
from shared.domain.runner.status import Status

FAILED_ROWS = 50
"""Number of newest failed rows in the archive."""
_COUNTED = timedelta(days=7)
_MOST_PAGES = 5
_FOLDER = "ecsrunner-doctor"
_FIELDS = (
    "FunctionName", "Description", "Runtime", "Architectures", "Handler", "Timeout", "MemorySize",
    "CodeSha256", "CodeSize", "LastModified", "State", "StateReason", "LastUpdateStatus",
    "LastUpdateStatusReason", "Version",
)  # fmt: skip
_PACKAGES = ("ecs-runner-fleet", "boto3", "botocore", "click", "msgspec", "urllib3")


def write(path: Path, context: Context, report: Report, scrubber: Scrubber) -> None:
    """Write the archive, a `.tar.gz`.

    Raises:
        OSError: the file can't be written.
    """
    with tarfile.open(path, "w:gz") as archive:
        for name, value in _documents(context, report):
            text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
            data = scrubber.text(text).encode()
            entry = tarfile.TarInfo(f"{_FOLDER}/{name}.json")
            entry.size, entry.mtime = len(data), int(context.now.timestamp())
            archive.addfile(entry, io.BytesIO(data))


def _documents(context: Context, report: Report) -> Iterator[tuple[str, Any]]:
    yield "report", document(report)
    for name, collect in _PARTS.items():
        try:
            yield name, collect(context)
        except Exception as error:  # noqa: BLE001 - the other parts are worth having
            yield name, {"error": f"{type(error).__name__}: {error}"}


def _versions(context: Context) -> dict[str, Any]:
    return {
        "at": context.now,
        "deployed": versions(context),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version(name) for name in _PACKAGES},
    }


def _functions(context: Context) -> dict[str, Any]:
    return {one: _function(context, one) for one in FUNCTIONS}


def _function(context: Context, function: str) -> dict[str, Any] | None:
    found = context.configuration(function)
    if found is None:
        return None
    fields = {name: found[name] for name in _FIELDS if name in found}
    return fields | {"Environment": _reduced(context.environment(function))}


def _reduced(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: value if key in KNOWN else HIDDEN for key, value in sorted(environment.items())}


def _queues(context: Context) -> dict[str, int | None]:
    found = {name: attributes(context, name) for name in names(context).values()}
    return {name: None if one is None else depth(one) for name, one in found.items()}


def _runners(context: Context) -> dict[str, Any]:
    counter, damage = context.table.counter()
    return {
        "held": counter.held,
        "awaited": counter.awaited,
        "circuit": counter.circuit,
        "unreadable": [one.key for one in damage],
        "statuses_of_7_days": {one.value: _count(context, one) for one in Status},
    }


def _count(context: Context, status: Status) -> int:
    """Return the number of rows of a status that changed lately, of at most some MB of them."""
    pages = (
        context.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=context.settings.runner_table,
            IndexName="by_status",
            Select="COUNT",
            KeyConditionExpression="#status = :status AND status_at >= :since",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":status": {"S": status.value},
                ":since": {"S": time_text(context.now - _COUNTED)},
            },
        )
    )
    return sum(page["Count"] for _, page in zip(range(_MOST_PAGES), pages, strict=False))


def _failed(context: Context) -> list[Any]:
    return list(context.table.by_status(Status.FAILED, FAILED_ROWS))


_PARTS: Mapping[str, Callable[[Context], Any]] = {
    "versions": _versions,
    "functions": _functions,
    "queues": _queues,
    "runners": _runners,
    "failed-rows": _failed,
}
"""The documents of the archive beside the report."""
