"""What `ecsrunner github create-app` prints, its errors included. No secret is in it."""

import os
import sys
from typing import TYPE_CHECKING

import click

from cli.documents.github import CreatedApp
from cli.errors import foreseen
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.text import safe

if TYPE_CHECKING:
    from cli.github_app.api import Created
    from cli.github_app.creation import Wanted


def announce(url: str, *, browser: bool) -> None:
    """Print the URL of the page, and open it where there is a display."""
    console.note("Open this page in a browser on this machine, and click:")
    console.commands([f"  {url}"])
    progress.say("waiting for the click")
    if browser and _has_display():
        import webbrowser  # noqa: PLC0415 - only here

        webbrowser.open(url)


def _has_display() -> bool:
    """Return whether a browser would open in a window, and not in this terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show(created: "Created", wanted: "Wanted", *, as_json: bool) -> None:
    """Print the App, the lines for Terraform and the next steps."""
    if as_json:
        json.document(_document(created, wanted))
        return
    console.say(f"Created the GitHub App {created.name}, id {created.id}: {created.html_url}")
    console.say(f"Its private key is in {wanted.places.key},")
    console.say(f"the secret of its webhook in {wanted.places.webhook_secret}.")
    if wanted.webhook_url:
        console.say(f"Its webhook goes to {wanted.webhook_url}")
    _lines("", "For Terraform:", "", *(f"  {line}" for line in terraform(created, wanted)), "")
    _lines("Next:", "", *_steps(created, wanted))


def terraform(created: "Created", wanted: "Wanted") -> list[str]:
    """Return the lines for the call of the Terraform module."""
    at = {"github_app_private_key_parameter": wanted.places.key}
    at |= {"webhook_secret_parameter": wanted.places.webhook_secret}
    values = {"github_app": f'{{ id = "{created.id}" }}'}
    values |= {name: f'"{value}"' for name, value in at.items()}
    if wanted.server.url != "https://github.com":
        values |= {"github_server_url": f'"{wanted.server.url}"'}
    wide = max(map(len, values))
    return [f"{name:<{wide}} = {value}" for name, value in values.items()]


def _steps(created: "Created", wanted: "Wanted") -> list[str]:
    connect = [] if wanted.webhook_url else ["ecsrunner github connect"]
    install = f"Install the App:\n     {created.installation_url}"
    steps = ["terraform apply", *connect, install]
    return [f"  {number}. {step}" for number, step in enumerate(steps, start=1)]


def _document(created: "Created", wanted: "Wanted") -> CreatedApp:
    return CreatedApp(
        app_id=created.id,
        app_name=created.name,
        app_url=created.html_url,
        installation_url=created.installation_url,
        webhook_url=wanted.webhook_url,
        permissions={one.name: one.level for one in wanted.permissions},
        private_key_parameter=wanted.places.key,
        webhook_secret_parameter=wanted.places.webhook_secret,
    )


def _lines(*lines: str) -> None:
    """Print lines to be copied, without wrapping."""
    with progress.aside():
        for line in "\n".join(lines).split("\n"):
            click.echo(safe(line))


def reason(error: Exception) -> str:
    """Return why a step failed, with the remedy if one is known."""
    known = foreseen(error)
    return known.message if known else f"{type(error).__name__}: {error}"


def nothing_came(wanted: "Wanted", seconds: int) -> str:
    """Return the message for a user who has not confirmed."""
    return (
        f"GitHub sent nothing within {seconds} s, and nothing was stored. If you have confirmed "
        f"there, an App {wanted.name} exists, whose key nobody has: delete it at "
        f"{wanted.server.settings(wanted.organization, '').rstrip('/')}."
    )


def not_created(wanted: "Wanted", error: str) -> str:
    """Return the message for an App whose key GitHub did not hand over."""
    return (
        f"GitHub did not hand over the App: {error}. Nothing was stored. Delete the App at "
        f"{wanted.server.settings(wanted.organization, '').rstrip('/')}, and run the command again."
    )


def incomplete(wanted: "Wanted", created: "Created", step: str) -> str:
    """Return what exists and how to go on, for an App of which not everything was stored."""
    settings = wanted.server.settings(wanted.organization, created.slug)
    exists = f"The GitHub App {created.name}, id {created.id}, exists"
    restart = "or delete the App there (Advanced) and run the command again with --overwrite"
    if step == wanted.places.key:
        return (
            f"{exists}, but its private key and the secret of its webhook are not stored. Generate "
            f"another key and enter another secret at {settings}, and store both; {restart}."
        )
    return (
        f"{exists}, and its private key is in {wanted.places.key}, but the secret of its webhook "
        f"is not stored in {wanted.places.webhook_secret}, or not set at GitHub. Enter another "
        f"secret at {settings}, and store the same; {restart}."
    )
