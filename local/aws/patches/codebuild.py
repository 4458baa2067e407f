"""Patches for CodeBuild: idempotency tokens, environment overrides, builds that a host controls.

Source: AWS CodeBuild API Reference, StartBuild, StopBuild and BatchGetBuilds.
"""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from threading import RLock
from typing import Any

from moto.codebuild.exceptions import InvalidInputException
from moto.codebuild.models import CodeBuildBackend
from moto.codebuild.responses import CodeBuildResponse

from local.aws import build_host
from local.aws.build_host import BuildView
from local.aws.patches.replacement import around, replace

Response = CodeBuildResponse
Backend = CodeBuildBackend

_lock = RLock()


def build_as_the_project_says() -> None:
    """Give a build its project's source, environment and timeout, with the variables overridden.

    Plain moto invents all of them and ignores the overrides.
    """
    around(Response, "start_build", _start_as_said)


def _start_as_said(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    build: BuildView = answer.result["build"]
    name = build["projectName"]
    project = response.codebuild_backend.codebuild_projects[name].project_metadata
    build["source"] = deepcopy(project["source"])
    build["timeoutInMinutes"] = project["timeoutInMinutes"] or 60
    overrides = response._get_param("environmentVariablesOverride", [])  # noqa: SLF001 - moto has no public API
    environment = deepcopy(project["environment"])
    environment["environmentVariables"] = _merged(
        environment.get("environmentVariables", []), overrides
    )
    build["environment"] = environment
    return answer


def _merged(
    variables: Iterable[dict[str, str]], overrides: Iterable[dict[str, str]]
) -> list[dict[str, str]]:
    """Merge the variables: an override replaces the variable of its name or adds one."""
    by_name = {one["name"]: {"type": "PLAINTEXT", **one} for one in (*variables, *overrides)}
    return list(by_name.values())


def keep_builds_still_when_looked_at() -> None:
    """Make BatchGetBuilds read-only. Plain moto marks a build as succeeded at the first call."""
    replace(Backend, "batch_get_builds", _look)


def _look(backend: Backend, ids: list[str]) -> list[BuildView]:
    every = backend.build_metadata_history.values()
    return [build for builds in every for build in builds if build["id"] in ids]


def name_builds_that_are_not_found() -> None:
    """Make BatchGetBuilds list the ids that it does not find. Plain moto omits them."""
    around(Response, "batch_get_builds", _get)


def _get(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    found = {build["id"] for build in answer.result["builds"]}
    asked = response._get_param("ids")  # noqa: SLF001 - moto has no public API
    answer.result["buildsNotFound"] = [one for one in asked if one not in found]
    return answer


def leave_an_ended_build_as_it_ended() -> None:
    """Make StopBuild ignore a build that has ended. Plain moto marks it as stopped again."""
    around(Backend, "stop_build", _stop)


def _stop(original: Callable[..., Any], backend: Backend, build_id: str) -> Any:
    (build,) = _look(backend, [build_id])
    return original(backend, build_id) if build["buildStatus"] == "IN_PROGRESS" else build


def let_the_host_own_builds() -> None:
    """Pass StartBuild, StopBuild and BatchGetBuilds to the build host, if one is attached.

    Plain moto's builds do nothing and send no events.
    """
    around(Response, "start_build", _start_hosted)
    around(Response, "stop_build", _stop_hosted)
    around(Response, "batch_get_builds", _get_hosted)


def _start_hosted(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    host = build_host.current()
    if host is not None:
        host.begin(deepcopy(answer.result["build"]))
    answer.result["build"] = _seen(answer.result["build"])
    return answer


def _stop_hosted(original: Callable[..., Any], response: Response) -> Any:
    host = build_host.current()
    build_id = response._get_param("id")  # noqa: SLF001 - moto has no public API
    if host is not None and host.view(build_id) is not None:
        host.halt(build_id)
    answer = original(response)
    answer.result["build"] = _seen(answer.result["build"])
    return answer


def _get_hosted(original: Callable[..., Any], response: Response) -> Any:
    answer = original(response)
    answer.result["builds"] = [_seen(build) for build in answer.result["builds"]]
    return answer


def _seen(build: BuildView) -> BuildView:
    """Return the host's view of the build, or the build itself if no host controls it."""
    host = build_host.current()
    return (host.view(build["id"]) if host else None) or build


def start_once_per_idempotency_token() -> None:
    """Start no second build for an idempotency token. Plain moto ignores tokens.

    Different parameters with the same token are rejected. CodeBuild keeps tokens for five minutes;
    this patch keeps them until the backend is reset.
    """
    around(Response, "start_build", _start_once)


def _start_once(original: Callable[..., Any], response: Response) -> Any:
    request = json.loads(response.body)
    token = request.pop("idempotencyToken", None)
    if token is None:
        return original(response)
    fingerprint = json.dumps(request, sort_keys=True)
    tokens = vars(response.codebuild_backend).setdefault("_idempotency_tokens", {})
    with _lock:
        if token not in tokens:
            answer = original(response)
            tokens[token] = (fingerprint, answer)
            return answer
        first, answer = tokens[token]
        if first != fingerprint:
            raise InvalidInputException(
                f"The idempotency token {token} was used with other parameters."
            )
        answer.result["build"] = _seen(answer.result["build"])
        return answer


def delete_projects_by_arn_too() -> None:
    """Make DeleteProject accept an ARN. Plain moto returns success and deletes nothing."""
    around(Backend, "delete_project", _delete_by_name)


def _delete_by_name(original: Callable[..., Any], backend: Backend, project_name: str) -> None:
    original(backend, project_name.rpartition(":project/")[2])
