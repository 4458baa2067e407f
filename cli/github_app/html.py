"""The pages that `ecsrunner github create-app` shows on this machine. Pure; escapes everything.

They load nothing and run no script.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from msgspec import Struct

from cli.github_app.permissions import EVENTS, Permission

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 1em auto; padding: 0 1em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3em 1em .3em 0;
  border-bottom: 1px solid #8885 }
td:not(:last-child) { white-space: nowrap }
code { overflow-wrap: anywhere }
button { font: inherit; font-weight: 600; color: #fff; background: #1f6feb; border: 0;
  border-radius: 6px; padding: .7em 1.4em; margin: 1em 0; cursor: pointer }
.quiet { opacity: .75 }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "origin",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}
"""There is no `form-action`: Chromium applies it to redirects, such as that to GitHub's sign-in.

The policy `no-referrer` would send the form with `Origin: null` (Fetch Standard, "append a request
`Origin` header"). `origin` keeps the code in the last page's address from others, too.
"""


class Message(Struct, frozen=True):
    """The content of a page: a title, paragraphs, and a link with its text, if any."""

    title: str
    paragraphs: Sequence[str] = ()
    link: tuple[str, str] | None = None


def form(
    *,
    target: str,
    manifest: Mapping[str, Any],
    owner: str,
    permissions: Sequence[Permission],
    webhook: str,
    parameters: Sequence[str],
) -> str:
    """Return the page with the button.

    Args:
        target: The URL to which the browser sends the manifest.
        webhook: Where the webhook goes, or when that is set.
        parameters: The names of the parameters in which key and secret are stored.
    """
    rows = "".join(_row(one) for one in permissions)
    stored = " and<br>".join(f"<code>{escape(name)}</code>" for name in parameters)
    return _page(
        "Create a GitHub App",
        f"<p>The App <b>{escape(manifest['name'])}</b> of {escape(owner)} gets these "
        "permissions:</p>"
        f"<table><tr><th>Permission</th><th>Access</th><th>What for</th></tr>{rows}</table>"
        f"<p>Event: {escape(', '.join(EVENTS))}.<br>Webhook: {_code(webhook)}</p>"
        f"<p>Its key and the secret of its webhook are stored in<br>{stored}.</p>"
        f'<form method="post" action="{escape(target)}">'
        f'<input type="hidden" name="manifest" value="{escape(json.dumps(manifest))}">'
        '<button id="create">Continue at GitHub</button></form>'
        '<p class="quiet">GitHub shows the App next, and creates it when you confirm. It adds the '
        "permission Metadata, read, as to every App.</p>",
    )


def message(content: Message) -> str:
    """Return the page with that content."""
    body = "".join(f"<p>{escape(text)}</p>" for text in content.paragraphs)
    if content.link is not None:
        url, text = content.link
        body += f'<p><a id="next" href="{escape(url)}">{escape(text)}</a></p>'
    return _page(content.title, body)


def _row(one: Permission) -> str:
    cells = (one.title, one.access, one.purpose)
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in cells)}</tr>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>" if "://" in text else escape(text)


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
