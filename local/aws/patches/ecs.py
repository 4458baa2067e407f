"""Patches for ECS: client tokens, ECS's error messages, tasks that a host controls."""

import json
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Task
from moto.ecs.responses import EC2ContainerServiceResponse

from local.aws import task_host
from local.aws.patches.replacement import around, replace
from local.aws.task_host import NoCapacity, TaskView

Response = EC2ContainerServiceResponse
Backend = EC2ContainerServiceBackend

_lock = RLock()


def keep_tasks_still_when_described() -> None:
    """Make DescribeTasks read-only. Plain moto advances the status of a task on each call."""
    replace(Task, "advance", lambda _task: None)


def run_in_networks_without_dns_names() -> None:
    """Allow RunTask in a VPC without DNS hostnames. Plain moto returns status 500."""
    replace(NetworkInterface, "private_dns_name", "")


def name_missing_tasks() -> None:
    """Make DescribeTasks list missing tasks as `MISSING`. Plain moto omits them."""
    around(Response, "describe_tasks", _describe)


def _describe(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    found = {_arn(task) for task in answer.result["tasks"]}
    found |= {arn.rpartition("/")[2] for arn in found}
    asked = response._get_param("tasks", [])  # noqa: SLF001 - moto has no public API
    missing = [task for task in asked if task not in found]
    answer.result["failures"] = [{"arn": task, "reason": "MISSING"} for task in missing]
    return answer


def refuse_to_stop_an_unknown_task() -> None:
    """Make StopTask return an error for an unknown task. Plain moto returns status 500."""
    around(Backend, "stop_task", _stop)


def _stop(
    original: Callable[..., Task], backend: Backend, cluster_str: str, task_str: str, reason: str
) -> Task:
    cluster = cluster_str.rpartition("/")[2]
    known = {arn.rpartition("/")[2] for arn in backend.tasks.get(cluster, {})}
    if cluster in backend.clusters and task_str.rpartition("/")[2] not in known:
        raise InvalidParameterException("The referenced task was not found.")
    return original(backend, cluster_str, task_str, reason)


def list_by_desired_status() -> None:
    """Make ListTasks return tasks whose desired status is RUNNING, unless it asks for others.

    Source: Amazon ECS API Reference, ListTasks, desiredStatus. Plain moto lists both.
    """
    around(Backend, "list_tasks", _list)


def _list(
    original: Callable[..., list[Task]], backend: Backend, *args: Any, **kwargs: Any
) -> list[Task]:
    *filters, desired = args
    tasks = original(backend, *filters, **kwargs)
    return [task for task in tasks if _desired_status(task) == (desired or "RUNNING")]


def _desired_status(task: Task) -> str:
    view = _seen(task)
    return view["desiredStatus"] if isinstance(view, dict) else view.desired_status


def let_the_host_own_tasks() -> None:
    """Pass RunTask, StopTask and DescribeTasks to the task host, if one is attached.

    Plain moto's tasks are RUNNING at once and never change.
    """
    around(Response, "run_task", _run_hosted)
    around(Response, "stop_task", _stop_hosted)
    around(Response, "describe_tasks", _describe_hosted)


def _run_hosted(original: Callable[..., Any], response: Response) -> Any:
    host = task_host.current()
    if host is None:
        return original(response)
    try:
        host.admit(response._get_params())  # noqa: SLF001 - moto has no public API
    except NoCapacity as refusal:
        return ActionResult({"tasks": [], "failures": [{"reason": refusal.reason}]})
    answer = original(response)
    for task in answer.result["tasks"]:
        definition = response.ecs_backend.describe_task_definition(task.task_definition_arn)
        host.launch(_new_view(task, definition), definition.container_definitions[0])
    answer.result["tasks"] = _views(answer.result["tasks"])
    return answer


def _stop_hosted(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    task = answer.result["task"]
    host = task_host.current()
    if host is not None and host.view(task.task_arn) is not None:
        host.halt(task.task_arn, task.stopped_reason or "Task stopped by user")
    answer.result["task"] = _seen(task)
    return answer


def _describe_hosted(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    answer.result["tasks"] = _views(answer.result["tasks"])
    return answer


def _new_view(task: Task, definition: Any) -> TaskView:
    """Return a new task with the fields that follow from the request and the definition."""
    overrides = task.overrides
    return {
        "taskArn": task.task_arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": task.task_definition_arn,
        "group": task.group,
        "startedBy": task.started_by,
        "launchType": task.launch_type or "FARGATE",
        "platformVersion": task.platform_version or "1.4.0",
        "cpu": str(overrides.get("cpu") or definition.cpu or ""),
        "memory": str(overrides.get("memory") or definition.memory or ""),
        "overrides": overrides,
        "attachments": task.attachments,
        "tags": task.tags,
    } | ({"capacityProviderName": name} if (name := task.capacity_provider_name) else {})


def _views(tasks: Iterable[Task]) -> list[Task | TaskView]:
    return [_seen(task) for task in tasks]


def _seen(task: Task) -> Task | TaskView:
    """Return the host's view of the task, or the task itself if no host controls it."""
    host = task_host.current()
    return (host.view(task.task_arn) if host else None) or task


def start_once_per_client_token() -> None:
    """Start no second task for a client token in a cluster. Plain moto ignores tokens.

    Different parameters with the same token are a conflict, and the error contains the ARNs of the
    first call's tasks. ECS keeps tokens for 24 hours; this patch keeps them until the backend is
    reset. Source: Amazon ECS API Reference, "Ensuring idempotency".
    """
    around(Response, "run_task", _run_once)


def _run_once(original: Callable[..., Any], response: Response) -> Any:
    request = dict(response._get_params())  # noqa: SLF001 - moto has no public API
    token = request.pop("clientToken", None)
    if token is None:
        return original(response)
    cluster = request.pop("cluster", "default").rpartition("/")[2]
    fingerprint = json.dumps(request, sort_keys=True, default=repr)
    backend = response.ecs_backend
    tokens = vars(backend).setdefault("_client_tokens", {})
    with _lock:
        if (cluster, token) in tokens:
            first, arns = tokens[cluster, token]
            if first != fingerprint:
                raise _Conflict(arns)
            tasks = [backend.tasks[cluster][arn] for arn in arns]
            return ActionResult({"tasks": _views(tasks), "failures": []})
        answer = original(response)
        if answer.result["tasks"]:
            tokens[cluster, token] = (fingerprint, [_arn(one) for one in answer.result["tasks"]])
        return answer


class _Conflict(ECSException):
    def __init__(self, arns: list[str]) -> None:
        super().__init__(
            "ConflictException",
            "The provided client token is already in use with a different RunTask request.",
        )
        self.resourceIds = arns


def _arn(task: Task | TaskView) -> str:
    arn: str = task["taskArn"] if isinstance(task, dict) else task.task_arn
    return arn
