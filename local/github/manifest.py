"""Reads the manifest of a GitHub App, and refuses what GitHub refuses. Pure.

Sources: GitHub Docs, "Registering a GitHub App from a manifest", "GitHub App Manifest parameters";
"Registering a GitHub App" (length of the name); "Webhook events and payloads" (permission that an
event requires).
"""

from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

LONGEST_NAME = 34
_LEVELS = ("read", "write", "admin")
_NEEDED = {"workflow_job": "actions", "workflow_run": "actions", "push": "contents"}
"""The permission, with any level, that an App needs to subscribe to an event."""


class HookAttributes(Struct, frozen=True):
    """The App's webhook."""

    url: str
    active: bool = True


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of the manifest."""

    url: str
    name: str = ""
    hook_attributes: HookAttributes | None = None
    redirect_url: str = ""
    callback_urls: tuple[str, ...] = ()
    setup_url: str = ""
    description: str = ""
    public: bool = True
    default_events: tuple[str, ...] = ()
    default_permissions: dict[str, str] = {}
    request_oauth_on_install: bool = False
    setup_on_update: bool = False


class InvalidManifestError(ValueError):
    """GitHub would not accept the manifest."""


def read(text: str, name: str | None = None) -> Manifest:
    """Return the manifest in this JSON document, with the name that the user has entered.

    Raises:
        InvalidManifestError: GitHub would not accept it.
    """
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise InvalidManifestError(f"Invalid GitHub App configuration: {error}") from error
    if name is not None:
        manifest = replace(manifest, name=name.strip())
    problems = (
        [*_problems(manifest)] if name is None else [*_problems(manifest), *_of_name(manifest)]
    )
    if problems:
        raise InvalidManifestError("; ".join(problems))
    return manifest


def _problems(manifest: Manifest) -> list[str]:
    hook = manifest.hook_attributes
    urls = {"Url": manifest.url, "Redirect url": manifest.redirect_url}
    urls |= {"Hook url": hook.url} if hook else {}
    wrong = [f"{what} must be a valid URL" for what, url in urls.items() if not _is_url(url)]
    levels = manifest.default_permissions.items()
    wrong += [
        f"Default permission {one} is not valid" for one, level in levels if level not in _LEVELS
    ]
    granted = manifest.default_permissions
    unknown = [one for one in manifest.default_events if one not in _NEEDED]
    denied = [one for one in manifest.default_events if _NEEDED.get(one, one) not in granted]
    if unknown:
        wrong.append(f"Default events unsupported: {', '.join(unknown)}")
    if denied:
        wrong.append(f"Default events are not supported by permissions: {', '.join(denied)}")
    return wrong


def _of_name(manifest: Manifest) -> list[str]:
    if not manifest.name:
        return ["Name can't be blank"]
    too_long = len(manifest.name) > LONGEST_NAME
    return [f"Name is too long (maximum is {LONGEST_NAME} characters)"] if too_long else []


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
