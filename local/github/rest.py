"""GitHub's REST API, as far as a runner fleet uses it: requests in, answers out.

Paths, fields and status codes are those of GitHub's OpenAPI description of its REST API.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule, Submount
from werkzeug.wrappers import Request, Response

from local.github import payloads
from local.github.actions import Actions
from local.github.answers import Refusal, answered, refused
from local.github.app import RULES, App
from local.github.deliveries import Hook
from local.github.model import BusyError, NameTakenError, Runner, UnknownError

RATE_LIMIT = 5000
_RUNNER_NAME = re.compile(r"[^\s\"/:<>\\|*?]{1,64}")
_MOST_LABELS = 100
_PAGE = 30
_MOST_PER_PAGE = 100

Faults = Callable[[Request], Response | None]
"""Sees each request first; what it returns is the answer, unless that is None."""


def no_faults(_request: Request) -> Response | None:
    """Nothing goes wrong."""
    return None


def _rules() -> Map:
    here = [
        Rule("/actions/runners", methods=["GET"], endpoint="list_runners"),
        Rule("/actions/runners/generate-jitconfig", methods=["POST"], endpoint="generate"),
        Rule("/actions/runners/<int:number>", methods=["GET"], endpoint="get_runner"),
        Rule("/actions/runners/<int:number>", methods=["DELETE"], endpoint="delete_runner"),
        Rule("/actions/runs/<int:number>/cancel", methods=["POST"], endpoint="cancel_run"),
        Rule("/hooks/<int:hook>/deliveries", methods=["GET"], endpoint="list_deliveries"),
        Rule("/hooks/<int:hook>/deliveries/<int:number>", methods=["GET"], endpoint="get_delivery"),
        Rule(
            "/hooks/<int:hook>/deliveries/<int:number>/attempts",
            methods=["POST"],
            endpoint="redeliver",
        ),
    ]
    repository, organization = "/repos/<owner>/<repo>", "/orgs/<owner>"
    empty = [one.empty() for one in here]
    return Map([Submount(repository, here), Submount(organization, empty)])


class Rest:
    """Answers requests of whoever has the token, or comes from the App's installation.

    Args:
        actions: The service.
        hook: Finds the webhook whose deliveries can be asked for.
        token: Accepted for everything.
        url: Where runners find the service, for their configs.
        faults: See `Faults`.
        app: The GitHub App that is registered, if one is.
    """

    def __init__(
        self,
        actions: Actions,
        hook: Callable[[], Hook | None],
        token: str,
        url: Callable[[], str],
        faults: Faults = no_faults,
        *,
        app: App | None = None,
    ) -> None:
        self.faults = faults
        self._actions = actions
        self._hook = hook
        self._token = token
        self._url = url
        self._app = app
        self._rules = _rules()
        self._remaining = RATE_LIMIT

    def answer(self, request: Request) -> Response:
        """The answer, with the rate limit that is left."""
        answer = self.faults(request) or self._tried(request)
        self._remaining = max(0, self._remaining - 1)
        answer.headers.setdefault("x-ratelimit-limit", str(RATE_LIMIT))
        answer.headers.setdefault("x-ratelimit-remaining", str(self._remaining))
        return answer

    def _tried(self, request: Request) -> Response:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        bearer = secret if scheme == "Bearer" else ""
        try:
            return self._of_app(request, bearer) or self._of_others(request, bearer)
        except Refusal as refusal:
            return refused(refusal.status, refusal.message)
        except (UnknownError, NotFound):
            return refused(404, "Not Found")
        except HTTPException as error:
            return refused(error.code or 500, error.name)

    def _of_app(self, request: Request, bearer: str) -> Response | None:
        """The answer to what only an App asks for; none to all else, or if there is no App."""
        adapter = RULES.bind_to_environ(request.environ)
        if self._app is None or not adapter.test():
            return None
        endpoint, found = adapter.match()
        return self._app.answer(bearer, endpoint, found)

    def _of_others(self, request: Request, bearer: str) -> Response:
        account = self._account(bearer)
        endpoint, found = self._rules.bind_to_environ(request.environ).match()
        arguments = dict(found)
        owner = arguments.pop("owner")
        if account not in (None, owner.lower()):
            raise UnknownError(owner)
        scope = "/".join(filter(None, (owner, arguments.pop("repo", None))))
        operation: Callable[..., Response] = getattr(self, f"_{endpoint}")
        return operation(request, scope, **arguments)

    def _account(self, bearer: str) -> str | None:
        """The only account that who asks may see; none if that is all of them."""
        if bearer == self._token:
            return None
        if self._app is None:
            raise Refusal(401, "Bad credentials")
        return self._app.account(bearer)

    # --- runners --------------------------------------------------------------------------------

    def _list_runners(self, request: Request, scope: str) -> Response:
        found = self._actions.runners(scope, request.args.get("name"))
        size = _number(request.args, "per_page", _PAGE)
        start = (_number(request.args, "page", 1) - 1) * size
        shown = [payloads.runner(one) for one in found[start : start + size]]
        return answered({"total_count": len(found), "runners": shown})

    def _generate(self, request: Request, scope: str) -> Response:
        asked = _asked(request)
        name, labels = asked.get("name"), _labels(asked.get("labels"))
        if not isinstance(name, str) or not _RUNNER_NAME.fullmatch(name):
            raise Refusal(422, "Invalid request: name must be 1 to 64 characters.")
        if not isinstance(asked.get("runner_group_id"), int):
            raise Refusal(422, 'Invalid request: "runner_group_id" wasn\'t supplied.')
        try:
            made = self._actions.register(scope, name, labels, asked["runner_group_id"])
        except NameTakenError:
            raise Refusal(409, "Already exists - A runner with the name already exists.") from None
        told = {"runner": payloads.runner(made), "encoded_jit_config": self._config(made)}
        return answered(told, 201)

    def _get_runner(self, _: Request, scope: str, number: int) -> Response:
        return answered(payloads.runner(self._actions.runner(scope, number)))

    def _delete_runner(self, _: Request, scope: str, number: int) -> Response:
        try:
            self._actions.remove(scope, number)
        except BusyError as busy:
            raise Refusal(422, f'Bad request - Runner "{busy}" is still running a job') from None
        return Response(status=204)

    def _config(self, runner: Runner) -> str:
        """The just-in-time config: the runner's own files, as JSON in base64."""
        files = {
            ".runner": {"agentId": runner.id, "agentName": runner.name, "serverUrl": self._url()},
            ".credentials": {"scheme": "OAuth", "data": {"token": runner.token}},
        }
        return base64.b64encode(json.dumps(files).encode()).decode()

    # --- runs -----------------------------------------------------------------------------------

    def _cancel_run(self, _: Request, scope: str, number: int) -> Response:
        if not self._actions.cancel(scope, number):
            raise Refusal(409, "Cannot cancel a workflow run that is completed.")
        return answered({}, 202)

    # --- deliveries -----------------------------------------------------------------------------

    def _list_deliveries(self, request: Request, _: str, hook: int) -> Response:
        size = _number(request.args, "per_page", _PAGE)
        cursor = _number(request.args, "cursor", 1 << 62)
        older = [one for one in self._known(hook).deliveries() if one.id < cursor]
        page = answered([payloads.delivery(one) for one in older[:size]])
        if len(older) > size:
            following = f"{request.base_url}?per_page={size}&cursor={older[size - 1].id}"
            page.headers["link"] = f'<{following}>; rel="next"'
        return page

    def _get_delivery(self, _: Request, __: str, hook: int, number: int) -> Response:
        known = self._known(hook)
        return answered(payloads.whole_delivery(known.delivery(number), known.url))

    def _redeliver(self, _: Request, __: str, hook: int, number: int) -> Response:
        self._known(hook).redeliver(number)
        return answered({}, 202)

    def _known(self, hook_id: int) -> Hook:
        hook = self._hook()
        if hook is None or hook.id != hook_id:
            raise UnknownError(f"hook {hook_id}")
        return hook


def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(request.get_data())
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(asked, dict):
        raise Refusal(422, "Invalid request: an object is expected.")
    return asked


def _labels(asked: Any) -> tuple[str, ...]:
    listed = asked if isinstance(asked, list) else []
    if not 1 <= len(listed) <= _MOST_LABELS or not all(isinstance(one, str) for one in listed):
        raise Refusal(422, "Invalid request: labels must be 1 to 100 strings.")
    return tuple(listed)


def _number(arguments: Mapping[str, str], name: str, default: int) -> int:
    text = arguments.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(422, f"Invalid request: {name} must be a number.")
    most = _MOST_PER_PAGE if name == "per_page" else 1 << 62
    return min(max(1, int(text)), most)
