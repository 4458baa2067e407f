"""Checks webhooks and builds the answers to them: 200, 202, 400, 401, 404, 405 or 413, and why.

GitHub shows the answer beside the delivery, so each one describes the result in words. If the
append fails, the handler answers 503. GitHub then records a failed delivery, which can be
redelivered.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from functions.ingest import workflow_job
from functions.ingest.intake import Ignored, Intake
from functions.ingest.settings import Settings
from functions.ingest.signature import is_signed
from shared.domain.event import MAX_ID
from shared.domain.events import is_id

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 100
"""Levels of nested arrays and objects that are always decoded. Whether more are decoded depends on
Python's stack. GitHub's webhooks have about ten."""
PATH = "/webhook"
ACTOR = "github"


class Answer(Struct, frozen=True, kw_only=True):
    """The status and the JSON body of an HTTP answer."""

    status: int
    body: dict[str, Any]


class Delivery(Struct, frozen=True, kw_only=True):
    """A webhook that passed all checks: its GUID, its event and its body."""

    guid: str
    event: str
    body: bytes


class RefusedError(Exception):
    """The request is refused. `answer` is the answer with the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.answer = Answer(status=status, body={"result": "refused", "reason": reason})


def check(request: Mapping[str, Any], secrets: Callable[[], list[str]]) -> Delivery:
    """Check an HTTP API request of payload format 2.0, and return the delivery in it.

    Raises:
        RefusedError: a check failed. The error holds the answer.
    """
    http = request["requestContext"]["http"]
    if not http["path"].endswith(PATH):
        raise RefusedError(404, f"there is nothing here; webhooks go to POST {PATH}")
    if http["method"] != "POST":
        raise RefusedError(405, f"{http['method']} is not allowed; webhooks go to POST {PATH}")
    headers = {name.lower(): value for name, value in request.get("headers", {}).items()}
    body = _body(request)
    if len(body) > MAX_BYTES:
        raise RefusedError(413, f"{len(body)} bytes; at most {MAX_BYTES} are read")
    signature = headers.get("x-hub-signature-256", "")
    if not signature:
        raise RefusedError(401, "X-Hub-Signature-256 is missing; give the webhook a secret")
    if not is_signed(body, signature, secrets()):
        raise RefusedError(401, "X-Hub-Signature-256 does not fit the body and the secret")
    guid, event = headers.get("x-github-delivery", ""), headers.get("x-github-event", "")
    if not guid or not event:
        raise RefusedError(400, "X-GitHub-Delivery and X-GitHub-Event are both required")
    if not is_id(guid):
        allowed = f"1 to {MAX_ID} letters, digits and ASCII punctuation"
        raise RefusedError(400, f"X-GitHub-Delivery is not valid; allowed: {allowed}")
    return Delivery(guid=guid, event=event, body=body)


def read(delivery: Delivery, settings: Settings, now: datetime) -> Intake:
    """Return the fact in the delivery, or why it is ignored.

    Raises:
        RefusedError: the body is not JSON, not of its event's schema, or out of bounds.
    """
    try:
        if delivery.event == "workflow_job":
            return workflow_job.read(delivery.body, settings, now)
        msgspec.json.decode(delivery.body, type=dict)
    except msgspec.ValidationError as error:
        raise RefusedError(400, f"not the shape of a {delivery.event} event: {error}") from error
    except RecursionError as error:
        reason = f"the body is nested too deeply; allowed: {MAX_DEPTH} levels"
        raise RefusedError(400, reason) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        hint = "set the webhook's content type to application/json"
        raise RefusedError(400, f"the body is not JSON ({error}); {hint}") from error
    return Ignored(f"event {delivery.event!r} needs nothing from this fleet")


def answer(delivery: Delivery, intake: Intake, *, new: bool) -> Answer:
    """Return the answer to a delivery that was ignored, or whose fact is in the log."""
    if delivery.event == "ping":
        return Answer(status=200, body={"result": "pong"})
    if isinstance(intake, Ignored):
        about = {"delivery": delivery.guid, **intake.about}
        return Answer(status=202, body={"result": "ignored", "reason": intake.reason, **about})
    runner_id = getattr(intake.fact, "runner_id", None)
    about = {"stream": intake.stream, "fact": type(intake.fact).__name__}
    about |= {"runner_id": runner_id} if runner_id else {}
    if not new:
        reason = "this delivery is in the log already"
        return Answer(status=202, body={"result": "ignored", "reason": reason, **about})
    return Answer(status=202, body={"result": "accepted", **about})


def _body(request: Mapping[str, Any]) -> bytes:
    text = request.get("body") or ""
    if not request.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError(400, f"the body is said to be base64 but is not: {error}") from error


__all__ = ["ACTOR", "Answer", "Delivery", "RefusedError", "answer", "check", "read"]
