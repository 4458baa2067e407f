"""The pages of the GitHub emulator for browsers: register an App, install it, errors.

They have the fields and buttons of GitHub's pages, and say that they are not GitHub's.
"""

from collections.abc import Mapping
from html import escape

from werkzeug.wrappers import Response

from local.github.app import App
from local.github.manifest import Manifest

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }
.note { background: #fff8c5; border: 1px solid #d4a72c; border-radius: 6px; padding: .5em 1em }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .4em }
button { font: inherit; color: #fff; background: #1a7f37; border: 0; border-radius: 6px;
  padding: .6em 1.2em; margin-top: 1em; cursor: pointer }
table { border-collapse: collapse } td { padding: .1em 1em .1em 0 } code { overflow-wrap: anywhere }
"""


def registration(manifest: Manifest, text: str, owner: str, target: str, state: str) -> Response:
    """Return the page on which the user can change the name and creates the App.

    Args:
        text: The manifest as it was received.
        target: Path to which the form is sent.
    """
    hook = manifest.hook_attributes
    return _page(
        "Create GitHub App",
        f'<form method="post" action="{escape(target)}">'
        f'<input type="hidden" name="manifest" value="{escape(text)}">'
        f'<input type="hidden" name="state" value="{escape(state)}">'
        '<label>GitHub App name<input name="name" maxlength="34" '
        f'value="{escape(manifest.name)}"></label>'
        f"{_permissions(manifest.default_permissions)}"
        f"<p>Events: {escape(', '.join(manifest.default_events)) or 'none'}</p>"
        f"<p>Webhook: <code>{escape(hook.url) if hook else 'none'}</code></p>"
        f'<button id="create">Create GitHub App for {escape(owner)}</button></form>',
    )


def installation(app: App, target: str) -> Response:
    """Return the page on which the user installs the App on the account that owns it."""
    return _page(
        f"Install {escape(app.name)}",
        f"<p>Install on <b>{escape(app.owner)}</b>, all repositories.</p>"
        f"{_permissions(app.permissions)}"
        f'<form method="post" action="{escape(target)}">'
        '<button id="install">Install</button></form>',
    )


def installed(app: App) -> Response:
    """Return the page that confirms an installation."""
    return _page("Installed", f"<p>{escape(app.name)} is installed on {escape(app.owner)}.</p>")


def refusal(message: str) -> Response:
    """Return the page with the reasons why a manifest was refused."""
    return _page("Invalid GitHub App configuration", f"<p>{escape(message)}</p>", 422)


def missing() -> Response:
    """Return the page of an App that does not exist."""
    return _page("Page not found", "<p>There is no such GitHub App.</p>", 404)


def _permissions(granted: Mapping[str, str]) -> str:
    rows = (f"<tr><td>{escape(name)}</td><td>{level}</td></tr>" for name, level in granted.items())
    return f"<p>Permissions:</p><table>{''.join(rows)}</table>"


def _page(title: str, body: str, status: int = 200) -> Response:
    html = (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<style>{_STYLE}</style><p class="note">This is a stand-in for GitHub, for tests.</p>'
        f"<h1>{title}</h1>{body}</html>"
    )
    return Response(html, status, content_type="text/html; charset=utf-8")
