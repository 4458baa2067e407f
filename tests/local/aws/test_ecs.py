"""RunTask and its siblings answer as ECS does, whoever runs the tasks."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import task_host
from local.aws.patches import ecs
from local.aws.task_host import NoCapacity, TaskView, Throttled
from tests.local.aws.patched import fixed_by

RACERS = 8


@pytest.fixture
def aws(client: Callable[..., Any]) -> Any:
    return client("ecs")


class Host:
    """Owns tasks by keeping them as they are told."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.views: dict[str, TaskView] = {}

    def admit(self, request: Mapping[str, Any]) -> None:
        if self.refusal:
            raise self.refusal

    def launch(self, task: TaskView, container: Mapping[str, Any]) -> None:
        one = {"lastStatus": "PROVISIONING", "desiredStatus": "RUNNING", "version": 1}
        self.views[task["taskArn"]] = task | one

    def halt(self, task_arn: str, reason: str) -> None:
        self.views[task_arn] |= {"desiredStatus": "STOPPED", "stoppedReason": reason}

    def view(self, task_arn: str) -> TaskView | None:
        return self.views.get(task_arn)


@pytest.fixture
def host() -> Iterator[Host]:
    one = Host()
    task_host.attach(one)
    yield one
    task_host.detach(one)


def _run(aws: Any, fleet: dict[str, Any], **more: Any) -> str:
    (task,) = aws.run_task(**fleet, **more)["tasks"]
    return str(task["taskArn"])


def _missing(cluster: str) -> str:
    return f"arn:aws:ecs:us-east-1:123456789012:task/{cluster}/{'0' * 32}"


@fixed_by(ecs.start_once_per_client_token)
@pytest.mark.usefixtures("without")
def test_a_repeated_call_answers_with_the_same_task(aws: Any, fleet: dict[str, Any]) -> None:
    request = fleet | {"clientToken": "fleet-7-1", "startedBy": "fleet-7-1"}
    assert _run(aws, request) == _run(aws, request)
    assert len(aws.list_tasks(cluster=fleet["cluster"], startedBy="fleet-7-1")["taskArns"]) == 1


@fixed_by(ecs.start_once_per_client_token)
@pytest.mark.usefixtures("without")
def test_eight_equal_calls_at_once_start_one_task(aws: Any, fleet: dict[str, Any]) -> None:
    together = Barrier(RACERS)

    def run(_racer: int) -> str:
        together.wait()
        return _run(aws, fleet, clientToken="fleet-7-1")

    with ThreadPoolExecutor(RACERS) as pool:
        assert len(set(pool.map(run, range(RACERS)))) == 1


@fixed_by(ecs.start_once_per_client_token)
@pytest.mark.usefixtures("without")
def test_other_parameters_under_the_same_token_are_a_conflict_that_names_the_task(
    aws: Any, fleet: dict[str, Any]
) -> None:
    first = _run(aws, fleet, clientToken="fleet-7-1", startedBy="fleet-7-1")
    with pytest.raises(ClientError) as conflict:
        _run(aws, fleet, clientToken="fleet-7-1", startedBy="fleet-7-2")
    assert conflict.value.response["Error"]["Code"] == "ConflictException"
    assert conflict.value.response["resourceIds"] == [first]


def test_another_cluster_may_use_the_same_token(aws: Any, fleet: dict[str, Any]) -> None:
    aws.create_cluster(clusterName=f"{fleet['cluster']}-2")
    first = _run(aws, fleet, clientToken="fleet-7-1")
    second = _run(aws, fleet | {"cluster": f"{fleet['cluster']}-2"}, clientToken="fleet-7-1")
    assert first != second


@fixed_by(ecs.refuse_to_stop_an_unknown_task)
@pytest.mark.usefixtures("without")
def test_a_task_that_is_not_there_can_not_be_stopped(aws: Any, fleet: dict[str, Any]) -> None:
    cluster = fleet["cluster"]
    with pytest.raises(ClientError, match=r"InvalidParameterException.*task was not found"):
        aws.stop_task(cluster=cluster, task=_missing(cluster))


def test_in_a_cluster_that_is_not_there_nothing_can_be_stopped(aws: Any) -> None:
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        aws.stop_task(cluster="nowhere", task=_missing("nowhere"))


@fixed_by(ecs.run_in_networks_without_dns_names)
@pytest.mark.usefixtures("without")
def test_a_task_runs_in_a_network_without_dns_names(aws: Any, fleet: dict[str, Any]) -> None:
    assert f":task/{fleet['cluster']}/" in _run(aws, fleet)


@fixed_by(ecs.name_missing_tasks)
@pytest.mark.usefixtures("without")
def test_what_is_not_found_is_described_as_missing(aws: Any, fleet: dict[str, Any]) -> None:
    arn, missing = _run(aws, fleet), _missing(fleet["cluster"])
    short = arn.rpartition("/")[2]
    told = aws.describe_tasks(cluster=fleet["cluster"], tasks=[missing, short])
    assert [one["taskArn"] for one in told["tasks"]] == [arn]
    assert told["failures"] == [{"arn": missing, "reason": "MISSING"}]


@fixed_by(ecs.keep_tasks_still_when_described)
@pytest.mark.usefixtures("without")
def test_looking_at_a_task_does_not_move_it(aws: Any, fleet: dict[str, Any]) -> None:
    arn = _run(aws, fleet)
    seen = [
        aws.describe_tasks(cluster=fleet["cluster"], tasks=[arn])["tasks"][0]["lastStatus"]
        for _ in range(3)
    ]
    assert seen == ["RUNNING"] * 3


@fixed_by(ecs.list_by_desired_status)
@pytest.mark.usefixtures("without")
def test_stopped_tasks_are_listed_only_when_asked_for(aws: Any, fleet: dict[str, Any]) -> None:
    cluster = fleet["cluster"]
    runs, stopped = _run(aws, fleet), _run(aws, fleet)
    aws.stop_task(cluster=cluster, task=stopped)
    assert aws.list_tasks(cluster=cluster)["taskArns"] == [runs]
    assert aws.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"] == [stopped]


@fixed_by(ecs.let_the_host_own_tasks)
@pytest.mark.usefixtures("without")
def test_a_host_says_how_its_tasks_are(aws: Any, fleet: dict[str, Any], host: Host) -> None:
    cluster = fleet["cluster"]
    (begun,) = aws.run_task(**fleet, startedBy="fleet-7-1", clientToken="fleet-7-1")["tasks"]
    arn = begun["taskArn"]
    assert begun["lastStatus"] == "PROVISIONING"
    assert begun["version"] == 1
    assert begun["startedBy"] == "fleet-7-1"
    assert begun["capacityProviderName"] == "FARGATE_SPOT"
    host.views[arn] |= {"lastStatus": "PENDING", "version": 2}
    (seen,) = aws.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    assert (seen["lastStatus"], seen["version"]) == ("PENDING", 2)
    stopping = aws.stop_task(cluster=cluster, task=arn, reason="idle")["task"]
    assert (stopping["lastStatus"], stopping["desiredStatus"]) == ("PENDING", "STOPPED")
    assert stopping["stoppedReason"] == "idle"
    assert aws.list_tasks(cluster=cluster)["taskArns"] == []
    again = aws.run_task(**fleet, startedBy="fleet-7-1", clientToken="fleet-7-1")["tasks"]
    assert [one["desiredStatus"] for one in again] == ["STOPPED"]


@fixed_by(ecs.let_the_host_own_tasks)
@pytest.mark.usefixtures("without")
def test_a_host_without_capacity_fails_the_task_and_forgets_the_token(
    aws: Any, fleet: dict[str, Any], host: Host
) -> None:
    host.refusal = NoCapacity()
    told = aws.run_task(**fleet, clientToken="fleet-7-1")
    assert told["tasks"] == []
    assert told["failures"] == [{"reason": "Capacity is unavailable at this time"}]
    host.refusal = None
    assert _run(aws, fleet, clientToken="fleet-7-1") in host.views


@fixed_by(ecs.let_the_host_own_tasks)
@pytest.mark.usefixtures("without")
def test_a_host_may_throttle(aws: Any, fleet: dict[str, Any], host: Host) -> None:
    host.refusal = Throttled()
    with pytest.raises(ClientError) as throttled:
        _run(aws, fleet)
    assert throttled.value.response["Error"]["Code"] == "ThrottlingException"


def test_a_second_host_is_refused(host: Host) -> None:
    with pytest.raises(RuntimeError, match="another task host is attached"):
        task_host.attach(Host())
