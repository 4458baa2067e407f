"""Faults of a fleet that authenticates as a GitHub App."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.doctor.faults.fault import fault
from tests.cli.doctor.faults.github import ABSENT
from tests.cli.doctor.stack import APP_ID, PREFIX, Site

AS_APP = {
    "GITHUB_TOKEN_PARAM": "",
    "GITHUB_APP_ID": str(APP_ID),
    "GITHUB_APP_KEY_PARAM": f"/{PREFIX}/github-app-key",
}
DRIVING = ("scheduler", "reconciler", "janitor")


@contextmanager
def as_app(site: Site) -> Iterator[None]:
    """The same fleet with an App in place of its token."""
    site.hook.of_app = True
    with site.configured(*DRIVING, **AS_APP):
        yield
    site.hook.of_app = False


@fault("github", "App 4711 is not installed on octo/repo", "Install the App there")
def the_app_is_not_installed(site: Site) -> Iterator[None]:
    installed = site.app.installations.pop("octo")
    with as_app(site):
        yield
    site.app.installations["octo"] = installed


@fault("github", "acme runners can't be registered: GitHub: 404 Not Found", "Install the App there")
def the_app_is_installed_on_one_of_two_organizations(site: Site) -> Iterator[None]:
    granted = site.app.permissions
    site.app.permissions = {**granted, "organization_self_hosted_runners": "write"}
    with as_app(site), site.configured(*DRIVING, GITHUB_ORGANIZATIONS="octo,acme"):
        yield
    site.app.permissions = granted


@fault("github", "GitHub App 4711 GitHub: 401", "github_app_private_key_version")
def the_key_of_the_app_is_another(site: Site) -> Iterator[None]:
    right, site.app.public_key = site.app.public_key, site.other_key
    with as_app(site):
        yield
    site.app.public_key = right


@fault("webhook", f"GitHub App 4711 {ABSENT}", "Set the URL in the App's settings")
def the_app_has_another_webhook(site: Site) -> Iterator[None]:
    url, site.hook.url = site.hook.url, "https://old.example/webhook"
    with as_app(site):
        yield
    site.hook.url = url
