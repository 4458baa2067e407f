"""The checks of the access to GitHub: credentials, permissions, rate limit.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API.
"""

from collections.abc import Iterator

import urllib3
from msgspec import Struct

from cli.doctor.context import Context
from cli.doctor.finding import Finding, problem, warning
from cli.doctor.github import remaining
from shared.adapters.github_api import decode, explain
from shared.adapters.github_client import PAGE, scope_path
from shared.domain import events as e
from shared.domain.projection import RunnerRow
from shared.domain.runner.conditions import GITHUB
from shared.domain.runner.status import Status
from shared.domain.runner_scope import Level, RunnerScope, group_of
from shared.domain.stream import StreamId
from shared.ports import NotNow, RateLimited, Refused
from shared.wiring.credentials import Credential

_UNAUTHORIZED, _FORBIDDEN, _MISSING = 401, 403, 404
_REFUSED = (_FORBIDDEN, _MISSING)
_ANSWERS = (e.CommitStatusCreated, e.CommitStatusRefused)
_OUTCOMES = (e.RerunRequested, e.RerunAbandoned)


def credentials(context: Context) -> Iterator[Finding]:
    """Yield credentials that GitHub rejects, and places at which they can't register a runner."""
    for credential in context.settings.credentials():
        yield from _of_credential(context, credential)


def _of_credential(context: Context, credential: Credential) -> Iterator[Finding]:
    answer = None
    for place, path in _registered_at(context, credential):
        try:
            answer = context.github.get(place, path, {"per_page": "1"}, credential=credential.name)
            context.github.check(answer)
        except RateLimited as error:
            subject = f"GitHub's rate limit{_which(context, credential)}"
            yield problem(subject, error.reason, "Wait; a GitHub App has more.")
            return
        except NotNow as error:
            yield problem(_subject(credential), error.reason, _renew(context, credential))
            return
        except Refused as error:
            if place:  # an Enterprise Server may have no rate limit
                which = _which(context, credential)
                what = f"runners can't be registered{which}: {error.reason}"
                yield problem(place, what, _allow(context, credential, place))
    low = remaining(answer) if answer else None
    if low:
        yield warning(
            f"GitHub's rate limit{_which(context, credential)}",
            f"only {low[0]} of {low[1]} requests are left in this hour",
            "Find who else uses the credential; a GitHub App of its own has its own limit.",
        )


def _registered_at(context: Context, credential: Credential) -> list[tuple[str, str]]:
    """Return each place with the path of its runners.

    A scope may name an owner alone, of whose repositories none has had a job yet. Then only the
    token itself is checked, which the path of the rate limit needs no permission for.
    """
    at = [(one, context.github.runners(one)) for one in context.places]
    return at or ([] if credential.is_app else [("", "/rate_limit")])


def _subject(credential: Credential) -> str:
    if credential.is_app:
        return f"GitHub App {credential.app_id}"
    return f"GitHub token in {credential.token_param}"


def _which(context: Context, credential: Credential) -> str:
    """Return words that name the credential, if there are several."""
    several = len(context.settings.credentials()) > 1
    return f" with {_subject(credential)}" if several else ""


def _renew(context: Context, credential: Credential) -> str:
    what = "one of the App's keys" if credential.is_app else "another token"
    if credential != context.settings.credentials()[0]:
        name = credential.secret_param
        put = f"aws ssm put-parameter --overwrite --type SecureString --name {name} --value …"
        return f"Store {what}: {put}"
    if credential.is_app:
        return (
            f"Store {what} in {credential.app_key_param}: raise github_app_private_key_version, "
            "terraform apply."
        )
    return (
        f"Make {what}, and store it in {credential.token_param}: raise github_pat_version, "
        "terraform apply."
    )


_NEEDED = {
    Level.REPOSITORY: "Administration, read and write",
    Level.ORGANIZATION: "Self-hosted runners (organization), read and write",
    Level.ENTERPRISE: "the scope manage_runners:enterprise (a classic token)",
}
"""What registers runners at each level."""


def _allow(context: Context, credential: Credential, place: str) -> str:
    needed = _NEEDED[context.settings.runner_scopes.of(place).level]
    if credential.is_app:
        return f"Install the App there, with {needed}, and accept new permissions."
    return f"Give the token access to it, with {needed}."


def actions(context: Context) -> Iterator[Finding]:
    """Yield repositories whose jobs the fleet may not read.

    Without it, the last webhook decides about a job, and lost webhooks are not noticed (ADR 14,
    ADR 19).
    """
    for repository in context.repositories:
        path = f"{context.github.path(repository)}/actions/runs"
        answer = _quiet(context, repository, path)
        if answer is not None and answer.status in _REFUSED:
            yield warning(
                repository,
                f"its jobs can't be read, so lost webhooks are not noticed: {explain(answer)}",
                "Grant the permission Actions, read, to the App or the token.",
            )


class _Groups(Struct, frozen=True):
    runner_groups: tuple["_Group", ...]


class _Group(Struct, frozen=True):
    name: str


def groups(context: Context) -> Iterator[Finding]:
    """Yield runner groups that are configured and missing, or closed to a repository.

    Source: GitHub's OpenAPI description, "List self-hosted runner groups for an organization",
    `visible_to_repository`. An enterprise lists by organization, so only names are compared there.
    """
    mine = context.settings
    scopes, rules = mine.runner_scopes, mine.runner_groups
    for scope in scopes.shared() if rules else ():
        known = _group_names(context, scope)
        if known is None:
            continue
        named = [one for one in rules if scopes.of(one.repositories) == scope]
        for name in dict.fromkeys(one.group for one in named if one.group not in known):
            yield problem(
                str(scope),
                f'has no runner group "{name}", so jobs of runner_groups are refused; it has: '
                f"{', '.join(sorted(known))}",
                "Create the group at GitHub, or correct runner_groups.",
            )
    for repository in context.repositories if rules else ():
        yield from _closed(context, repository)


def _closed(context: Context, repository: str) -> Iterator[Finding]:
    """Yield that the repository may not use its runner group."""
    scope = context.settings.runner_scopes.of(repository)
    name = group_of(context.settings.runner_groups, repository)
    if name is None or scope.level is not Level.ORGANIZATION:
        return
    open_ones = _group_names(context, scope, repository.partition("/")[2])
    if open_ones is not None and name not in open_ones and name in _all_names(context, scope):
        yield problem(
            repository,
            f'may not use its runner group "{name}", so GitHub gives its jobs to no runner there',
            f"Add the repository to the group in the settings of {scope}, Actions, Runner groups.",
        )


def _all_names(context: Context, scope: RunnerScope) -> frozenset[str]:
    return _group_names(context, scope) or frozenset()


def _group_names(
    context: Context, scope: RunnerScope, visible_to: str = ""
) -> frozenset[str] | None:
    """Return the groups of the scope, or None if the check of the credentials reports why not."""
    path = f"{scope_path(scope)}/actions/runner-groups"
    fields = {"per_page": str(PAGE)} | ({"visible_to_repository": visible_to} if visible_to else {})
    try:
        answer = context.github.get(scope.name, path, fields)
        context.github.check(answer)
    except (NotNow, Refused):
        return None
    return frozenset(one.name for one in decode(answer, _Groups).runner_groups)


def statuses(context: Context) -> Iterator[Finding]:
    """Yield that GitHub refuses the fleet's commit statuses, as the log of failed runners shows.

    What a token may do can't be read; an App's installation may not grant it (ADR 20).
    """
    if not context.settings.commit_statuses:
        return
    for row, answer in _last_facts(context, _ANSWERS):
        if isinstance(answer, e.CommitStatusRefused):
            yield warning(
                row.repository,
                f"GitHub refused the commit status of job {row.job_id}, so it does not show why "
                f"the job has no runner: {answer.reason}",
                "Grant the permission Commit statuses, read and write, to the App or the token; "
                "or set commit_statuses.enabled to false.",
            )
            return


def reruns(context: Context) -> Iterator[Finding]:
    """Yield that GitHub refuses to run lost jobs again, as the log of failed runners shows.

    What a token may do can't be read; an App's installation may not grant it (ADR 23).
    """
    if context.settings.lost_job_reruns == 0:
        return
    for row, outcome in _last_facts(context, _OUTCOMES):
        if isinstance(outcome, e.RerunAbandoned) and outcome.reason.startswith(GITHUB):
            yield warning(
                row.repository,
                f"GitHub refused to run the lost job {outcome.job_id} again: {outcome.reason}",
                "Grant the permission Actions, read and write, to the App or the token; "
                "or set lost_job_reruns to 0.",
            )
            return


def _last_facts(
    context: Context, types: tuple[type[e.Fact], ...]
) -> Iterator[tuple[RunnerRow, e.Fact]]:
    """Yield the newest failed runners with the last fact of these types in their streams."""
    found, _ = context.recent_rows()
    for row in (one for one in found if one.status == Status.FAILED):
        recorded = context.log.read(StreamId.of_job(row.job_id))
        facts = [one.event.fact for one in recorded if isinstance(one.event.fact, types)]
        if facts:
            yield row, facts[-1]


def _quiet(context: Context, place: str, path: str) -> urllib3.BaseHTTPResponse | None:
    """Return the response, or None if the check of the credentials reports why there is none."""
    try:
        return context.github.get(place, path, {"per_page": "1"})
    except (NotNow, Refused):
        return None


def is_refused(answer: urllib3.BaseHTTPResponse) -> bool:
    """Return whether the credentials lack the permission."""
    return answer.status in _REFUSED
