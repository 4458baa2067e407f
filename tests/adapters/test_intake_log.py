"""The deliveries that ingest did not record, read from its log group on moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cli.fleet.intake_log import CloudWatchIntakeLog
from local.aws.server import MotoServer
from shared.ports import Refused, Unavailable, Unrecorded

NOW = datetime.now(UTC).replace(microsecond=0)
"""CloudWatch Logs rejects events that are older than 14 days."""
DAY = timedelta(days=1)
IGNORED = {
    "level": "INFO",
    "message": "ignored",
    "timestamp": "2026-01-02 03:04:05,000+0000",
    "service": "ingest",
    "job_id": 7,
    "result": "ignored",
    "reason": "the job is not labelled self-hosted",
    "delivery": "guid-1",
    "stream": "job-7",
    "action": "queued",
    "repository": "octo/repo",
    "job_name": "build",
    "labels": ["ubuntu-latest"],
    "status": 202,
}
"""A line of ingest's log."""
FOUND = Unrecorded(
    at=NOW,
    result="ignored",
    reason="the job is not labelled self-hosted",
    status=202,
    delivery="guid-1",
    job_id=7,
    action="queued",
    repository="octo/repo",
    job_name="build",
    labels=("ubuntu-latest",),
)


class Group:
    """A log group that a test writes to."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.name = f"/aws/lambda/{uuid4()}"
        client.create_log_group(logGroupName=self.name)
        client.create_log_stream(logGroupName=self.name, logStreamName="one")
        self.log = CloudWatchIntakeLog(lambda: client, self.name)

    def write(self, *lines: object, at: datetime = NOW) -> None:
        events = [
            {
                "timestamp": int(at.timestamp() * 1000),
                "message": line if isinstance(line, str) else json.dumps(line),
            }
            for line in lines
        ]
        self.client.put_log_events(logGroupName=self.name, logStreamName="one", logEvents=events)

    def found(self, job_id: int | None = None, since: datetime = NOW - DAY) -> list[Unrecorded]:
        return list(self.log.unrecorded(since, job_id))


@pytest.fixture
def group(moto_server: MotoServer) -> Iterator[Group]:
    client = boto3.client(
        "logs",
        endpoint_url=moto_server.url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    yield Group(client)
    client.close()


def test_an_ignored_delivery_is_found_with_its_job_and_the_reason(group: Group) -> None:
    group.write(IGNORED)
    assert group.found() == [FOUND]
    assert group.found(7) == [FOUND]
    assert group.found(70) == []


def test_refused_and_failed_deliveries_are_found_too(group: Group) -> None:
    refused = {"message": "refused", "result": "refused", "reason": "bad signature", "status": 401}
    failed = {"message": "failed", "result": "failed", "reason": "try again", "status": 503}
    group.write(refused, failed)
    assert [(one.result, one.status, one.job_id) for one in group.found()] == [
        ("refused", 401, None),
        ("failed", 503, None),
    ]


def test_what_was_recorded_is_not_among_them(group: Group) -> None:
    accepted = {"message": "accepted", "result": "accepted", "stream": "job-7", "reason": "x"}
    again = {**IGNORED, "reason": "this delivery is in the log already", "fact": "JobQueued"}
    group.write(accepted, again)
    assert group.found() == group.found(7) == []


def test_other_lines_are_passed_over(group: Group) -> None:
    lines = [
        "START RequestId: 1",
        '{"reason": ',
        "[]",
        {"message": "ignored", "reason": "a task of others", "event_id": "1"},
        {"result": "ignored", "reason": ["job-7"], "stream": "job-7"},
        {**IGNORED, "stream": "job-70", "reason": "beside job-7"},
    ]
    group.write(*lines)
    assert [one.job_id for one in group.found()] == [70]
    assert group.found(7) == []


def test_only_what_came_since_then_is_looked_at(group: Group) -> None:
    group.write(IGNORED, at=NOW - 2 * DAY)
    assert group.found() == []
    assert len(group.found(since=NOW - 3 * DAY)) == 1


def test_every_page_is_read(group: Group) -> None:
    class Paged:
        """Returns pages of one event."""

        def get_paginator(self, name: str) -> Any:
            paginator = group.client.get_paginator(name)

            class Small:
                def paginate(self, **asked: Any) -> Any:
                    return paginator.paginate(**asked, PaginationConfig={"PageSize": 1})

            return Small()

    group.write(*[{**IGNORED, "delivery": f"guid-{number}"} for number in range(5)])
    log = CloudWatchIntakeLog(Paged, group.name)
    assert [one.delivery for one in log.unrecorded(NOW - DAY)] == [
        f"guid-{number}" for number in range(5)
    ]


def test_a_log_group_that_is_not_there_is_refused(group: Group) -> None:
    log = CloudWatchIntakeLog(lambda: group.client, "/aws/lambda/not-there")
    with pytest.raises(Refused, match="ResourceNotFoundException"):
        list(log.unrecorded(NOW))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="http://x"), Unavailable),
        (
            ClientError({"Error": {"Code": "ThrottlingException"}}, "FilterLogEvents"),
            Unavailable,
        ),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "FilterLogEvents"), Refused),
    ],
)
def test_errors_are_the_ports_own(error: Exception, kind: type[Exception]) -> None:
    class Broken:
        def get_paginator(self, name: str) -> Any:
            raise error

    with pytest.raises(kind, match="CloudWatch Logs: "):
        list(CloudWatchIntakeLog(Broken, "group").unrecorded(NOW))
