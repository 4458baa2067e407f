"""Emulates the part of GitHub's REST API that a runner fleet uses.

Paths, fields and status codes are those of GitHub's OpenAPI description of its REST API.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule, Submount
from werkzeug.wrappers import Request, Response

from local.github import commit_statuses, hooks_api, jobs_api, payloads
from local.github.actions import Actions
from local.github.answers import Refusal, answered, asked_object, paged, refused
from local.github.app import RULES, App, Grant
from local.github.hooks_api import Deliveries, Sender
from local.github.limits import Limits
from local.github.model import (
    BusyError,
    NameTakenError,
    Runner,
    UnknownError,
)
from local.github.scopes import enterprise

_RUNNER_NAME = re.compile(r"[^\s\"/:<>\\|*?]{1,64}")
_MOST_LABELS = 100
_SCHEMES = frozenset({"bearer", "token"})
"""Schemes of the header Authorization, ignoring case. A JWT requires the first one. Source: GitHub
Docs, "Authenticating to the REST API"."""

Faults = Callable[[Request], Response | None]
"""Called with each request first. A return value other than None is the response."""


def no_faults(_request: Request) -> Response | None:
    """Inject no faults."""
    return None


@cache
def _rules() -> Map:
    """Return the URL rules, compiled once because this takes milliseconds."""
    here = [
        Rule("/actions/runners", methods=["GET"], endpoint="list_runners"),
        Rule("/actions/runners/generate-jitconfig", methods=["POST"], endpoint="generate"),
        Rule("/actions/runners/<int:number>", methods=["GET"], endpoint="get_runner"),
        Rule("/actions/runners/<int:number>", methods=["DELETE"], endpoint="delete_runner"),
        Rule("/actions/runners/deprecations/<version>", methods=["GET"], endpoint="get_version"),
    ]
    shared = [
        *(one.empty() for one in here),
        Rule("/actions/runner-groups", methods=["GET"], endpoint="list_groups"),
    ]
    hooks = [
        Rule("/hooks", methods=["GET"], endpoint="list_hooks"),
        *hooks_api.rules("/hooks/<int:hook>"),
    ]
    jobs = [
        *jobs_api.rules(),
        Rule("/statuses/<sha>", methods=["POST"], endpoint="create_status"),
    ]
    return Map(
        [
            Submount("/repos/<owner>/<repo>", [*here, *jobs, *hooks]),
            Submount("/orgs/<owner>", [*shared, *(one.empty() for one in hooks)]),
            Submount("/enterprises/<enterprise>", [one.empty() for one in shared]),
        ]
    )


@lru_cache(maxsize=10_000)
def _route(method: str, path: str) -> tuple[str, Mapping[str, Any]]:
    """Return the endpoint of a path and its arguments. Clients ask for the same paths each minute.

    Raises:
        HTTPException: No rule has such a path, or such a method.
    """
    endpoint, arguments = _rules().bind("").match(path, method)
    return str(endpoint), arguments


class Rest:
    """Answers requests that are authenticated with the token or as the App.

    Args:
        actions: The Actions service.
        hook: Returns the webhook whose deliveries can be requested.
        token: A token with all permissions.
        url: URL of the runners' service, for just-in-time configs.
        faults: See `Faults`.
        app: The registered GitHub App, if any.
        limits: The rate limits; by default there is no secondary one.
        more_tokens: Further tokens with all permissions.

    Attributes:
        app: The registered GitHub App, if any.
        limits: The rate limits.
        registered_by, deleted_by: The credential that registered or deleted a runner, by its id.
        statuses: The commit statuses that were created.
        versions: The known versions of the runner, with the time from which GitHub gives them no
            more jobs; None: it is not scheduled.
    """

    def __init__(
        self,
        actions: Actions,
        hook: Callable[[], Sender | None],
        token: str,
        url: Callable[[], str],
        faults: Faults = no_faults,
        *,
        app: App | None = None,
        limits: Limits | None = None,
        more_tokens: Sequence[str] = (),
    ) -> None:
        self.faults = faults
        self.limits = limits or Limits()
        self.registered_by: dict[int, str] = {}
        self.deleted_by: dict[int, str] = {}
        self._actions = actions
        self.statuses = commit_statuses.CommitStatuses(actions)
        self.versions: dict[str, datetime | None] = {}
        self._deliveries = Deliveries(hook)
        self._jobs = jobs_api.Jobs(actions)
        self._tokens = (token, *more_tokens)
        self._url = url
        self.app = app

    def answer(self, request: Request) -> Response:
        """Return the response, with the rate limit, to which a response 304 does not count.

        Sources: GitHub Docs, "Rate limits for the REST API" and "Best practices for using the REST
        API", "Use conditional requests if appropriate".
        """
        caller = self._caller(request)
        now = self._actions.now().timestamp()
        answer = self.faults(request) or self.limits.refusal(request, caller, now)
        answer = answer or self._tried(request)
        if request.method == "GET" and answer.status_code == 200:  # noqa: PLR2004 - HTTP
            answer.add_etag()
            answer.make_conditional(request)
        if answer.status_code == 304:  # noqa: PLR2004 - HTTP
            self.limits.give_back(request, caller, now)
        given = {name.lower() for name, _ in answer.headers}
        for name, text in self.limits.headers(request, caller, now).items():
            if (header := name.replace("_", "-")) not in given:
                answer.headers.add(header, text)
        return answer

    def _caller(self, request: Request) -> str:
        """Return the credential of a request: its token, or the installation that the token is of.

        Source: GitHub Docs, "Rate limits for the REST API", "Primary rate limit for GitHub App
        installations".
        """
        secret = request.headers.get("Authorization", "").partition(" ")[2]
        grant = self.app.minted.get(secret) if self.app else None
        if grant is not None:
            return f"installation on {grant.account}"
        return secret if secret in self._tokens else "others"

    def _tried(self, request: Request) -> Response:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        jwt = secret if scheme.lower() == "bearer" else ""
        token = secret if scheme.lower() in _SCHEMES else ""
        try:
            return self._of_app(request, jwt) or self._of_others(request, token)
        except Refusal as refusal:
            return refused(refusal.status, refusal.message)
        except (UnknownError, NotFound):
            return refused(404, "Not Found")
        except HTTPException as error:
            return refused(error.code or 500, error.name)

    def _of_app(self, request: Request, bearer: str) -> Response | None:
        """Return the response to an operation of the App; None for other operations."""
        if self.app is None:
            return None
        adapter = RULES.bind_to_environ(request.environ)
        if not adapter.test():
            return None
        endpoint, found = adapter.match()
        self.app.prove(bearer)
        if endpoint in hooks_api.OPERATIONS:
            return self._deliveries.answer(endpoint, request, **found)
        return self.app.answer(endpoint, found, request)

    def _of_others(self, request: Request, bearer: str) -> Response:
        grant = self._grant(bearer)
        endpoint, found = _route(request.method, request.path)
        arguments = dict(found)
        if slug := arguments.pop("enterprise", None):
            scope = enterprise(slug)
            if grant is not None:  # not for Apps, by the description's `enabledForGitHubApps`
                raise Refusal(403, "Resource not accessible by integration")
        else:
            owner, repository = arguments.pop("owner"), arguments.pop("repo", None)
            scope = "/".join(filter(None, (owner, repository)))
            if grant is not None:
                grant.check(owner, repository, request.method, endpoint)
        if endpoint in hooks_api.OPERATIONS:
            return self._deliveries.answer(endpoint, request, scope, **arguments)
        if endpoint in jobs_api.OPERATIONS:
            return self._jobs.answer(endpoint, request, scope, **arguments)
        operation: Callable[..., Response] = getattr(self, f"_{endpoint}")
        return operation(request, scope, **arguments)

    def _grant(self, bearer: str) -> Grant | None:
        """Return the caller's permissions; None if it has all."""
        if bearer in self._tokens:
            return None
        if self.app is None:
            raise Refusal(401, "Bad credentials")
        return self.app.grant(bearer)

    # --- runners --------------------------------------------------------------------------------

    def _list_runners(self, request: Request, scope: str) -> Response:
        found = self._actions.runners(scope, request.args.get("name"))
        return paged(request, "runners", found, payloads.runner)

    def _generate(self, request: Request, scope: str) -> Response:
        asked = asked_object(request)
        name, labels = asked.get("name"), _labels(asked.get("labels"))
        if not isinstance(name, str) or not _RUNNER_NAME.fullmatch(name):
            raise Refusal(422, "Invalid request: name must be 1 to 64 characters.")
        if not isinstance(asked.get("runner_group_id"), int):
            raise Refusal(422, 'Invalid request: "runner_group_id" wasn\'t supplied.')
        try:
            made = self._actions.register(scope, name, labels, asked["runner_group_id"])
        except NameTakenError:
            raise Refusal(409, "Already exists - A runner with the name already exists.") from None
        self.registered_by[made.id] = self._caller(request)
        answer = {"runner": payloads.runner(made), "encoded_jit_config": self._config(made)}
        return answered(answer, 201)

    def _list_groups(self, request: Request, scope: str) -> Response:
        found, asked = self._actions.scopes.groups(scope), request.args.get("visible_to_repository")
        if asked:
            found = [one for one in found if one.allows(f"{scope}/{asked}")]
        return paged(request, "runner_groups", found, payloads.runner_group)

    def _get_version(self, _: Request, scope: str, version: str) -> Response:
        self._actions.scopes.groups(scope)
        if version not in self.versions:
            raise UnknownError(f"version {version}")
        return answered(payloads.runner_version(version, self.versions[version]))

    def _get_runner(self, _: Request, scope: str, number: int) -> Response:
        return answered(payloads.runner(self._actions.runner(scope, number)))

    def _delete_runner(self, request: Request, scope: str, number: int) -> Response:
        self.deleted_by[number] = self._caller(request)
        try:
            self._actions.remove(scope, number)
        except BusyError as busy:
            raise Refusal(422, f'Bad request - Runner "{busy}" is still running a job') from None
        return Response(status=204)

    def _config(self, runner: Runner) -> str:
        """Return the just-in-time config: the runner's files, as JSON in base64."""
        files = {
            ".runner": {"agentId": runner.id, "agentName": runner.name, "serverUrl": self._url()},
            ".credentials": {"scheme": "OAuth", "data": {"token": runner.token}},
        }
        return base64.b64encode(json.dumps(files).encode()).decode()

    # --- commits --------------------------------------------------------------------------------

    def _create_status(self, request: Request, scope: str, sha: str) -> Response:
        status = self.statuses.create(scope, sha, asked_object(request))
        return answered(commit_statuses.payload(status), 201)


def _labels(asked: Any) -> tuple[str, ...]:
    listed = asked if isinstance(asked, list) else []
    if not 1 <= len(listed) <= _MOST_LABELS or not all(isinstance(one, str) for one in listed):
        raise Refusal(422, "Invalid request: labels must be 1 to 100 strings.")
    return tuple(listed)
