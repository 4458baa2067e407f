"""The checks of the webhook at GitHub, and of its deliveries.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API, "Repository
webhooks", "Organization webhooks" and "GitHub Apps".
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cli.doctor.checks.github import is_refused
from cli.doctor.context import Context
from cli.doctor.finding import Finding, problem, unknown, warning
from cli.render.text import when
from shared.adapters.github_api import decode
from shared.adapters.github_client import PAGE
from shared.domain.bounds import Id, Name, Word
from shared.ports import NotNow, Refused

EVENT = "workflow_job"
SETTLED = timedelta(minutes=1)
"""Age from which a delivery without success has failed. Source: GitHub Docs, "Handling failed
webhook deliveries": GitHub waits 10 seconds, an Enterprise Server 30."""
RECENT = timedelta(days=1)
_OK = range(200, 300)
_MISSING, _TOO_MANY, _SERVER_ERROR = 404, 429, 500
_GRANT = (
    "Grant the token Webhooks, read and write (of an organization: Organization webhooks); the "
    "Janitor needs it to have failed deliveries repeated, too."
)


class _Config(Struct, frozen=True):
    url: str = ""
    content_type: str = ""
    insecure_ssl: str | float = "0"


class _Hook(Struct, frozen=True):
    """A webhook of a repository or an organization."""

    id: Id
    active: bool = True
    events: tuple[str, ...] = ()
    config: _Config = _Config()


class _Installation(Struct, frozen=True):
    events: tuple[str, ...] = ()


class _Delivery(Struct, frozen=True):
    guid: Word
    event: Name
    delivered_at: datetime
    status: str
    status_code: int


class Found(Struct, frozen=True, kw_only=True):
    """The fleet's webhook of one place: its path in the API, and its settings page."""

    place: str
    path: str
    page: str
    hook: _Hook


def hooks(context: Context) -> Iterator[Finding]:
    """Yield webhooks that are missing, inactive or configured otherwise than ingest expects."""
    for place in _owners(context):
        found, findings = _looked_up(context, place)
        yield from findings
        if found is not None:
            yield from _configured(found)


def _owners(context: Context) -> list[str]:
    """Return whose webhooks are looked at. An App has one, which any place stands for."""
    mine = context.settings
    return (context.places or list(mine.github_scope))[:1] if mine.is_app else context.hook_owners


def _looked_up(context: Context, place: str) -> tuple[Found | None, list[Finding]]:
    try:
        return _of_app(context, place) if context.settings.is_app else _of_place(context, place)
    except (NotNow, Refused):  # the check of the credentials reports it
        return None, []


def _of_place(context: Context, place: str) -> tuple[Found | None, list[Finding]]:
    github, url = context.github, context.settings.webhook_url
    at = f"{github.path(place)}/hooks"
    answer = github.get(place, at, {"per_page": str(PAGE)})
    if is_refused(answer):
        what = "its webhooks can't be read, and failed deliveries are not repeated"
        return None, [warning(place, what, _GRANT)]
    github.check(answer)
    listed = decode(answer, tuple[_Hook, ...])
    page = f"the settings of {place}, Webhooks"
    for one in listed:
        if _same(one.config.url, url):
            return Found(place=place, path=f"{at}/{one.id}", page=page, hook=one), []
    return None, [_absent(place, [one.config.url for one in listed], url, page)]


def _of_app(context: Context, place: str) -> tuple[Found | None, list[Finding]]:
    github, url = context.github, context.settings.webhook_url
    page = "the App's settings, General, Webhook"
    answer = github.get(place, "/app/hook/config", as_app=True)
    config = _Config()
    if answer.status != _MISSING:
        github.check(answer)
        config = decode(answer, _Config)
    subject = f"GitHub App {context.settings.github_app_id}"
    if not _same(config.url, url):
        return None, [_absent(subject, [config.url] if config.url else [], url, page)]
    installation = github.get(place, f"{github.path(place)}/installation", as_app=True)
    github.check(installation)
    hook = _Hook(id=1, events=decode(installation, _Installation).events, config=config)
    return Found(place=subject, path="/app/hook", page=page, hook=hook), []


def _absent(place: str, others: Sequence[str], url: str, page: str) -> Finding:
    ours = [one for one in others if one.rstrip("/").endswith("/webhook")]
    has = f"; its webhook is {', '.join(ours)}" if ours else ""
    return problem(place, f"has no webhook with the URL {url}{has}", f"Set the URL in {page}.")


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _configured(found: Found) -> Iterator[Finding]:
    hook, place, page = found.hook, found.place, found.page
    if not hook.active:
        yield problem(
            place, "its webhook is not active: GitHub sends nothing", f"Tick Active in {page}."
        )
    if EVENT not in hook.events and "*" not in hook.events:
        sent = ", ".join(hook.events) or "none"
        yield problem(
            place,
            f"its webhook does not send the event {EVENT} (it sends: {sent})",
            f"Select Workflow jobs in {page}; of an App: Permissions & events.",
        )
    if hook.config.content_type != "json":
        yield problem(
            place,
            f"its webhook sends the content type {hook.config.content_type or 'form'}",
            f"Set the content type application/json in {page}.",
        )
    if str(hook.config.insecure_ssl) not in ("0", "0.0"):
        yield warning(
            place,
            "its webhook does not verify TLS certificates",
            f"Enable SSL verification in {page}.",
        )


def deliveries(context: Context) -> Iterator[Finding]:
    """Yield that deliveries fail, and why: they show whether URL and secret are right."""
    for place in _owners(context):
        found, _ = _looked_up(context, place)
        if found is not None:
            yield from _delivered(context, found)


def _delivered(context: Context, found: Found) -> Iterator[Finding]:
    github, is_app = context.github, context.settings.is_app
    fields = {"per_page": str(PAGE)}
    answer = github.get(found.place, f"{found.path}/deliveries", fields, as_app=is_app)
    if is_refused(answer):
        yield unknown(found.place, "the deliveries of its webhook can't be read", _GRANT)
        return
    github.check(answer)
    attempts = decode(answer, tuple[_Delivery, ...])
    settled = [one for one in attempts if _is_settled(one, context.now)]
    if settled and not _succeeded(settled[0]):
        yield problem(
            found.place,
            f"the last delivery of its webhook failed at {when(settled[0].delivered_at)} UTC: "
            f"{settled[0].status_code or 'no answer'} ({settled[0].status})",
            _cure(context, settled[0]),
        )
        return
    lost = _lost(settled, context.now)
    if lost:
        yield warning(
            found.place,
            f"{lost} deliveries of the last 24 hours failed and have not been repeated yet",
            "The Janitor has them repeated; if it does not, read its log.",
        )


def _is_settled(one: _Delivery, now: datetime) -> bool:
    return _succeeded(one) or one.delivered_at <= now - SETTLED


def _succeeded(one: _Delivery) -> bool:
    return one.status_code in _OK or one.status == "OK"


def _lost(settled: Sequence[_Delivery], now: datetime) -> int:
    """Return the number of recent events of which no attempt has succeeded."""
    good = {one.guid for one in settled if _succeeded(one)}
    recent = [one for one in settled if one.event == EVENT and one.delivered_at >= now - RECENT]
    return len({one.guid for one in recent} - good)


def _cure(context: Context, failed: _Delivery) -> str:
    """Return the remedy for a status. `functions.ingest.handler` and API Gateway return them."""
    group = f"/aws/lambda/{context.function_name('ingest')}"
    if failed.status_code in (401, 403):
        secret = context.environment("ingest").get("WEBHOOK_SECRET_PARAM", "")
        return f"The secrets differ: set the value of {secret} as the secret of the webhook."
    if failed.status_code == _MISSING:
        return "The path is wrong: the URL is the output webhook_url, which ends with /webhook."
    if failed.status_code == _TOO_MANY:
        return "Raise webhook_throttle."
    if failed.status_code >= _SERVER_ERROR:
        return f"ingest fails: read its log group {group}."
    return "GitHub can't reach the URL: compare it with the output webhook_url."
