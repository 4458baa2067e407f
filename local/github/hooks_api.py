"""The part of the REST API that lists and redelivers a webhook's deliveries.

Source: GitHub's OpenAPI description of its REST API, "Repository webhooks" and "GitHub Apps".
"""

from collections.abc import Callable
from typing import Protocol

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from local.github import hook_payloads
from local.github.answers import Refusal, answered, asked_object, number
from local.github.deliveries import Delivery
from local.github.model import UnknownError

PAGE = 30
OPERATIONS = frozenset(
    {
        "list_hooks",
        "get_config",
        "update_config",
        "list_deliveries",
        "get_delivery",
        "redeliver",
    }
)
_CLASSES: dict[str, range] = {"success": range(200, 400), "failure": range(400, 600)}
"""Deliveries without a response are in neither range."""


def rules(under: str) -> list[Rule]:
    """Return the URL rules of a hook's deliveries, below the path of the hook."""
    one = f"{under}/deliveries/<int:number>"
    return [
        Rule(f"{under}/deliveries", methods=["GET"], endpoint="list_deliveries"),
        Rule(one, methods=["GET"], endpoint="get_delivery"),
        Rule(f"{one}/attempts", methods=["POST"], endpoint="redeliver"),
    ]


class Sender(Protocol):
    """A hook as the REST API needs it. See `local.github.deliveries.Hook`."""

    url: str
    id: int
    of_app: bool

    def configure(self, url: str | None, secret: str | None) -> None:
        """Change the URL, the secret, or both; None changes nothing."""
        ...

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries, newest first."""
        ...

    def delivery(self, delivery_id: int) -> Delivery:
        """Return one delivery."""
        ...

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send a delivery again."""
        ...


class Deliveries:
    """Answers requests about a hook, which `find` returns; without an id it is the App's hook."""

    def __init__(self, find: Callable[[], Sender | None]) -> None:
        self._find = find

    def answer(
        self, endpoint: str, request: Request, scope: str | None = None, **found: int
    ) -> Response:
        """Return the response to one of `rules`.

        Args:
            scope: The repository or the organization of the hook; None: it is the App's.

        Raises:
            UnknownError: The hook or the delivery does not exist.
            Refusal: The response is an error.
        """
        if endpoint == "list_hooks":
            return self._listed()
        hook = self._hook(found.get("hook"))
        if endpoint == "get_config":
            return answered(hook_payloads.hook_config(hook.url))
        if endpoint == "update_config":
            return _updated(request, hook)
        if endpoint == "list_deliveries":
            return _listed(request, hook, scope)
        if endpoint == "get_delivery":
            return answered(hook_payloads.whole_delivery(hook.delivery(found["number"]), hook.url))
        hook.redeliver(found["number"])
        return answered({}, 202)

    def _listed(self) -> Response:
        """Return the hook, unless it is the App's."""
        hook = self._find()
        listed = [] if hook is None or hook.of_app else [hook_payloads.hook(hook.id, hook.url)]
        return answered(listed)

    def _hook(self, hook_id: int | None) -> Sender:
        hook = self._find()
        if hook is None or hook.of_app is not (hook_id is None) or hook_id not in (None, hook.id):
            raise UnknownError(f"hook {hook_id}")
        return hook


def _updated(request: Request, hook: Sender) -> Response:
    """Change the configuration of the App's hook, and return it."""
    asked = asked_object(request)
    known = {"url", "secret", "content_type", "insecure_ssl"}
    if not asked or not asked.keys() <= known or asked.get("content_type", "json") != "json":
        raise Refusal(422, "Invalid request: a webhook configuration is expected.")
    hook.configure(asked.get("url"), asked.get("secret"))
    return answered(hook_payloads.hook_config(hook.url))


def _listed(request: Request, hook: Sender, scope: str | None) -> Response:
    """Return the newest deliveries that are older than the cursor, and a link to the next page.

    The emulator has one hook, which stands for the hooks of all repositories.
    """
    size = number(request.args, "per_page", PAGE)
    cursor = number(request.args, "cursor", 1 << 62)
    asked = request.args.get("status")
    if asked not in (None, *_CLASSES):
        raise Refusal(422, "Invalid request: status must be success or failure.")
    found = [
        one
        for one in hook.deliveries()
        if one.id < cursor and _is(one, asked) and _is_of(one, scope)
    ]
    page = answered([hook_payloads.delivery(one) for one in found[:size]])
    if len(found) > size:
        more = f"&status={asked}" if asked else ""
        following = f"{request.base_url}?per_page={size}&cursor={found[size - 1].id}{more}"
        page.headers["link"] = f'<{following}>; rel="next"'
    return page


def _is_of(delivery: Delivery, scope: str | None) -> bool:
    """Return whether the hook of that repository, organization or App sent the delivery."""
    if scope is None or not delivery.repository:
        return True
    return delivery.repository.lower() == scope.lower() or "/" not in scope


def _is(delivery: Delivery, asked: str | None) -> bool:
    return asked is None or delivery.status_code in _CLASSES[asked]
