"""Emulates commit statuses: who created which one for a commit.

Sources: GitHub's OpenAPI description of its REST API, "Create a commit status" (states, the limit
of 1,000); error responses of GitHub quoted in github.com/zalando/zappr, issue 378 (length of a
description), and github.com/runatlantis/atlantis, issue 2506 (length of a context).
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from local.github.actions import Actions
from local.github.answers import Refusal
from local.github.payloads import API, head_sha, text

MOST_DESCRIPTION, MOST_CONTEXT = 140, 255
MOST_OF_CONTEXT = 1000
_STATES = ("error", "failure", "pending", "success")


class CommitStatus(Struct, frozen=True, kw_only=True):
    """A status of a commit. The newest of a context, which ignores case, is the one that counts."""

    id: int
    repository: str
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    created_at: datetime


class CommitStatuses:
    """The commit statuses of the repositories whose workflow runs `actions` has.

    Attributes:
        all: The statuses, oldest first.
    """

    def __init__(self, actions: Actions) -> None:
        self.all: list[CommitStatus] = []
        self._actions = actions

    def create(self, repository: str, sha: str, asked: dict[str, Any]) -> CommitStatus:
        """Add a status.

        Raises:
            Refusal: The request is invalid, or the commit has too many statuses of that context.
        """
        runs = self._actions.runs(repository)
        if not any(head_sha(jobs[0].run_id) == sha for jobs in runs):
            raise Refusal(422, f"No commit found for SHA: {sha}")
        state, context = asked.get("state"), asked.get("context", "default")
        description, url = asked.get("description"), asked.get("target_url")
        if state not in _STATES:
            raise Refusal(422, f"Validation Failed: state must be one of {', '.join(_STATES)}")
        _check_length("description", description or "", MOST_DESCRIPTION)
        _check_length("context", context, MOST_CONTEXT)
        if len(self.of(repository, sha, context)) >= MOST_OF_CONTEXT:
            raise Refusal(422, "Validation Failed: too many statuses of this SHA and context")
        status = CommitStatus(
            id=len(self.all) + 1,
            repository=repository,
            sha=sha,
            state=state,
            context=context,
            description=description,
            target_url=url,
            created_at=self._actions.now(),
        )
        self.all.append(status)
        return status

    def of(self, repository: str, sha: str, context: str) -> list[CommitStatus]:
        """Return the statuses of that context, oldest first."""
        wanted = (repository.lower(), sha, context.lower())
        return [
            one
            for one in self.all
            if (one.repository.lower(), one.sha, one.context.lower()) == wanted
        ]


def payload(status: CommitStatus) -> dict[str, Any]:
    """Return a commit status in the format of the REST API."""
    return {
        "url": f"{API}/repos/{status.repository}/statuses/{status.sha}",
        "avatar_url": None,
        "id": status.id,
        "node_id": f"SC_{status.id}",
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": text(status.created_at),
        "updated_at": text(status.created_at),
        "creator": None,
    }


def _check_length(name: str, text: Any, most: int) -> None:
    if not isinstance(text, str) or len(text) > most:
        raise Refusal(422, f"Validation Failed: {name} is too long (maximum is {most} characters)")
