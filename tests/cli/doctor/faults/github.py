"""Faults at GitHub, and of the parameters with its secrets."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from local.github import hook_payloads
from local.github.answers import answered, refused
from local.github.model import Group
from local.github.rest import no_faults
from tests.cli.doctor.faults.fault import fault
from tests.cli.doctor.stack import PREFIX, SECRETS, Site, delivery

RUNNERS, RUNS, HOOKS = "/actions/runners", "/actions/runs", "/hooks"
ABSENT = "has no webhook with the URL"


@contextmanager
def _answer(site: Site, end: str, answer: Callable[[], Response]) -> Iterator[None]:
    """Answer requests whose path ends so."""

    def faulty(request: Request) -> Response | None:
        return answer() if request.path.endswith(end) else None

    site.github.faults = faulty
    yield
    site.github.faults = no_faults


@contextmanager
def _hook(site: Site, config: dict[str, Any] | None = None, **changes: Any) -> Iterator[None]:
    """List the webhook with other values."""
    hook = hook_payloads.hook(site.hook.id, site.hook.url)
    listed = [{**hook, **changes, "config": {**hook["config"], **(config or {})}}]
    with _answer(site, HOOKS, lambda: answered(listed)):
        yield


@contextmanager
def _parameter(site: Site, name: str, value: str | None) -> Iterator[None]:
    ssm, full = site.client("ssm"), f"/{PREFIX}/{name}"
    ssm.delete_parameter(Name=full)
    if value is not None:
        ssm.put_parameter(Name=full, Value=value, Type="SecureString")
    yield
    ssm.put_parameter(Name=full, Value=SECRETS[name], Type="SecureString", Overwrite=True)


@fault("github", "GitHub token in /mini/token-2 GitHub: 401", "put-parameter --overwrite")
def the_second_token_is_wrong(site: Site) -> Iterator[None]:
    ssm, name = site.client("ssm"), f"/{PREFIX}/token-2"
    ssm.put_parameter(Name=name, Value="a-token-of-nobody", Type="SecureString")
    more = json.dumps([{"token_param": name}])
    with site.configured("scheduler", "reconciler", "janitor", GITHUB_ADDITIONAL_CREDENTIALS=more):
        yield
    ssm.delete_parameter(Name=name)


@fault(
    "secrets",
    "/mini/github-token the parameter does not exist",
    "github_pat_version",
    also=("github",),
)
def the_token_is_deleted(site: Site) -> Iterator[None]:
    with _parameter(site, "github-token", None):
        yield


@fault("secrets", "/mini/webhook-secret the parameter does not exist", "webhook_secret_version")
def the_webhook_secret_is_deleted(site: Site) -> Iterator[None]:
    with _parameter(site, "webhook-secret", None):
        yield


@fault("secrets", "the secret holds a control character", "webhook_secret_version")
def the_webhook_secret_ends_with_a_line_break(site: Site) -> Iterator[None]:
    with _parameter(site, "webhook-secret", f"{SECRETS['webhook-secret']}\n"):
        yield


@fault("secrets", "the parameter is empty", "webhook_secret_version")
def the_webhook_secret_is_blank(site: Site) -> Iterator[None]:
    with _parameter(site, "webhook-secret", "   "):
        yield


@fault(
    "github", "GitHub token in /mini/github-token GitHub: 401 Bad credentials", "Make another token"
)
def the_token_is_revoked(site: Site) -> Iterator[None]:
    with _parameter(site, "github-token", "ghp_revoked-revoked-revoked-revoked"):
        yield


@fault("github", "GitHub: 401 Bad credentials", "Make another token")
def the_token_is_revoked_before_the_first_job(site: Site) -> Iterator[None]:
    with (
        _parameter(site, "github-token", "ghp_revoked-revoked-revoked-revoked"),
        site.configured("ingest", "janitor", GITHUB_SCOPE="acme"),
    ):
        yield


@fault(
    "github", "octo/repo runners can't be registered: GitHub: 403", "Administration, read and write"
)
def the_token_may_not_register_runners(site: Site) -> Iterator[None]:
    with _answer(site, RUNNERS, lambda: refused(403, "Resource not accessible")):
        yield


@fault("github", "only 3 of 5000 requests are left", "GitHub App", level="warning")
def the_rate_limit_is_nearly_used_up(site: Site) -> Iterator[None]:
    def answer() -> Response:
        found = answered({"total_count": 0, "runners": []})
        found.headers["x-ratelimit-remaining"] = "3"
        return found

    with _answer(site, RUNNERS, answer):
        yield


@fault("github-jobs", "octo/repo its jobs can't be read", "Actions, read", level="warning")
def the_token_may_not_read_jobs(site: Site) -> Iterator[None]:
    with _answer(site, RUNS, lambda: refused(403, "Resource not accessible")):
        yield


@fault("github", "GitHub: no answer", "", level="unknown")
def github_can_not_be_reached(site: Site) -> Iterator[None]:
    with site.configured("scheduler", "reconciler", "janitor", GITHUB_API_URL="http://127.0.0.1:9"):
        yield


@fault("secrets", "ssm:GetParameters these credentials", "Allow ssm:GetParameters", level="unknown")
def the_permission_for_parameters_is_missing(site: Site) -> Iterator[None]:
    message = "User: x is not authorized to perform: ssm:GetParameters on resource: y"
    with site.answers("GetParameters", lambda _: denied(message)):
        yield


def denied(message: str) -> dict[str, Any]:
    return {"Error": {"Code": "AccessDeniedException", "Message": message}}


# --- webhook -------------------------------------------------------------------------------------


@fault("webhook", f"octo/repo {ABSENT}", "Set the URL in the settings of octo/repo, Webhooks")
def there_is_no_webhook(site: Site) -> Iterator[None]:
    with _answer(site, HOOKS, lambda: answered([])):
        yield


@fault("webhook", "its webhook is https://old.example/webhook", "Set the URL")
def the_webhook_has_an_old_url(site: Site) -> Iterator[None]:
    with _hook(site, {"url": "https://old.example/webhook"}):
        yield


@fault("webhook", "its webhook is not active", "Tick Active")
def the_webhook_is_not_active(site: Site) -> Iterator[None]:
    with _hook(site, active=False):
        yield


@fault("webhook", "does not send the event workflow_job (it sends: push)", "Select Workflow jobs")
def the_webhook_sends_other_events(site: Site) -> Iterator[None]:
    with _hook(site, events=["push"]):
        yield


@fault("webhook", "sends the content type form", "application/json")
def the_webhook_sends_forms(site: Site) -> Iterator[None]:
    with _hook(site, {"content_type": "form"}):
        yield


@fault("webhook", "does not verify TLS certificates", "Enable SSL", level="warning")
def the_webhook_does_not_verify_certificates(site: Site) -> Iterator[None]:
    with _hook(site, {"insecure_ssl": "1"}):
        yield


@fault("webhook", "its webhooks can't be read", "Webhooks, read and write", level="warning")
def the_token_may_not_read_webhooks(site: Site) -> Iterator[None]:
    with _answer(site, HOOKS, lambda: refused(403, "Resource not accessible")):
        yield


@contextmanager
def _delivered(site: Site, *codes: int) -> Iterator[None]:
    """Attempts of five minutes ago with these results, the oldest first."""
    before = dict(site.hook._deliveries)
    for number, code in enumerate(codes, start=10):
        made = delivery(number, code)
        made.delivered_at -= timedelta(minutes=5)
        site.hook._keep(made)
    yield
    site.hook._deliveries.clear()
    site.hook._deliveries.update(before)


@fault("deliveries", "failed at ", "set the value of /mini/webhook-secret as the secret")
def the_secrets_differ(site: Site) -> Iterator[None]:
    with _delivered(site, 401):
        yield


@fault("deliveries", "503 (Failed)", "read its log group /aws/lambda/mini-ingest")
def ingest_fails(site: Site) -> Iterator[None]:
    with _delivered(site, 200, 503):
        yield


@fault("deliveries", "404 (Failed)", "ends with /webhook")
def the_path_of_the_url_is_wrong(site: Site) -> Iterator[None]:
    with _delivered(site, 404):
        yield


@fault("deliveries", "429 (Failed)", "Raise webhook_throttle")
def webhooks_are_throttled(site: Site) -> Iterator[None]:
    with _delivered(site, 429):
        yield


@fault("deliveries", "no answer (Failed)", "GitHub can't reach the URL")
def github_can_not_reach_the_url(site: Site) -> Iterator[None]:
    with _delivered(site, 0):
        yield


@fault("deliveries", "2 deliveries of the last 24 hours failed", "Janitor", level="warning")
def deliveries_are_lost(site: Site) -> Iterator[None]:
    with _delivered(site, 503, 503, 200):
        yield


@fault("runner-version", "runner version 2.330.0", "Raise runner_version", level="warning")
def github_offers_a_newer_runner(site: Site) -> Iterator[None]:
    offered = [{"os": "linux", "filename": "actions-runner-linux-x64-2.340.1.tar.gz"}]
    with _answer(site, "/downloads", lambda: answered(offered)):
        yield


@fault("runner-version", "days old: 30 days after a newer version", "Raise runner_version")
def the_runner_is_too_old(site: Site) -> Iterator[None]:
    offered = [{"os": "linux", "filename": "actions-runner-linux-x64-2.340.1.tar.gz"}]
    with (
        site.configured("janitor", RUNNER_VERSION_RELEASED="2025-01-01"),
        _answer(site, "/downloads", lambda: answered(offered)),
    ):
        yield


@fault(
    "runner-version",
    "runner version 2.331.0 GitHub will give it no jobs from",
    "Raise runner_version",
    level="warning",
)
def github_ends_the_runners_version_soon(site: Site) -> Iterator[None]:
    with _version(site, timedelta(days=20)):
        yield


@fault("runner-version", "GitHub gives it no jobs from", "Raise runner_version")
def github_has_ended_the_runners_version(site: Site) -> Iterator[None]:
    with _version(site, timedelta(days=-1)):
        yield


@contextmanager
def _version(site: Site, left: timedelta) -> Iterator[None]:
    """The version's end is scheduled in that time."""
    site.github.versions["2.331.0"] = datetime.now(UTC) + left
    with site.configured("janitor", RUNNER_VERSION="2.331.0"):
        yield
    site.github.versions.clear()


# --- runner groups -------------------------------------------------------------------------------

DRIVING = ("scheduler", "reconciler", "janitor")
BUILD = json.dumps([{"repositories": "octo/*", "group": "build"}])


@contextmanager
def _in_group(site: Site) -> Iterator[None]:
    """Runners are registered at the organization, in the group `build`."""
    with site.configured(*DRIVING, GITHUB_ORGANIZATIONS="octo", RUNNER_GROUPS=BUILD):
        yield


@fault(
    "runner-groups",
    'organization octo has no runner group "build"',
    "Create the group at GitHub, or correct runner_groups",
)
def the_runner_group_is_missing(site: Site) -> Iterator[None]:
    with _in_group(site):
        yield


@fault("runner-groups", 'octo/repo may not use its runner group "build"', "Add the repository")
def the_runner_group_is_closed_to_the_repository(site: Site) -> Iterator[None]:
    others = frozenset({"octo/other"})
    site.github.actions.scopes.add_group("octo", Group(id=5, name="build", repositories=others))
    with _in_group(site):
        yield
    site.github.actions.scopes.remove_group("octo", "build")


# --- class sizes ---------------------------------------------------------------------------------


@contextmanager
def _classes(site: Site, text: str) -> Iterator[None]:
    ssm, name = site.client("ssm"), f"/{PREFIX}/class-sizes"
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=text, Overwrite=True)
    yield
    ssm.put_parameter(Name=name, Value=before, Overwrite=True)


@fault("class-sizes", "small: memory 9 does not go with cpu 512", "runner_class_sizes")
def a_class_has_a_size_that_fargate_lacks(site: Site) -> Iterator[None]:
    with _classes(site, json.dumps({"small": {"cpu": 512, "memory": 9}})):
        yield


@fault(
    "class-sizes", "has no class small, which is default_runner_class", "Set default_runner_class"
)
def the_default_class_is_none(site: Site) -> Iterator[None]:
    with _classes(site, json.dumps({"large": {"cpu": 1024, "memory": 2048}})):
        yield
