"""Validates the base image that a job's label names, which is untrusted text, and derives its tag.

Source of the grammar: OCI distribution, "reference" (name, tag, digest), read November 2026.
"""

import hashlib
import re
from fnmatch import fnmatchcase

from msgspec import Struct

from shared.domain.policy import Images

MAX_NAME = 255
"""Characters of a reference without its tag and digest."""
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_NAME = rf"(?:{_HOST}(?:\.{_HOST})*(?::[0-9]{{1,5}})?/)?{_PART}(?:/{_PART})*"
_REFERENCE = re.compile(
    rf"(?P<name>{_NAME})(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)
_READABLE = 40
_HASHED = 32
"""Hexadecimal digits, 128 bits: collisions of tags can't be found by search."""


def refusal(base: str, images: Images | None) -> str | None:
    """Return why no image is built from `base`, or None if it is allowed."""
    label = f'label "image:{base}"'
    if images is None:
        return f"{label} can't be served: image builds are not configured"
    found = _REFERENCE.fullmatch(base)
    if found is None or len(found["name"]) > MAX_NAME:
        return f"{label} is not an image reference; allowed: [host/]name[:tag][@sha256:digest]"
    if not any(_matches(base, pattern) for pattern in images.allowed):
        allowed = ", ".join(images.allowed) or "none"
        return f"{label} is not allowed; allowed: {allowed}"
    return None


class _Parts(Struct, frozen=True):
    """The parts of a reference or of a pattern. A part that is missing is empty."""

    registry: str
    path: tuple[str, ...]
    tag: str
    digest: str


def _matches(base: str, pattern: str) -> bool:
    """Return whether the pattern allows the reference. The parts are matched one by one.

    `*` matches any text within a part, so it never crosses `/` or `:`. If the pattern has no tag or
    no digest, any tag or digest is allowed.
    """
    wanted, found = _parts(pattern), _parts(base)
    if len(wanted.path) != len(found.path):
        return False
    named = [(found.registry, wanted.registry), *zip(found.path, wanted.path, strict=True)]
    named += [(found.tag, wanted.tag)] if wanted.tag else []
    named += [(found.digest, wanted.digest)] if wanted.digest else []
    return all(fnmatchcase(part, one) for part, one in named)


def _parts(reference: str) -> _Parts:
    """Split a reference. As in Docker, a first part with `.` or `:`, or `localhost`, is a registry.

    Source: github.com/distribution/reference, `splitDockerDomain`.
    """
    name, _, digest = reference.partition("@")
    *folders, last = name.split("/")
    last, _, tag = last.partition(":")
    has_registry = folders and (folders[0] == "localhost" or set(folders[0]) & set(".:"))
    registry = folders.pop(0) if has_registry else ""
    return _Parts(registry, (*folders, last), tag, digest)


def image_tag(base: str, images: Images) -> str:
    """Return the tag of the runner image made from `base`. It depends on the build recipe, too."""
    hashed = hashlib.sha256(f"{base}\n{images.revision}".encode()).hexdigest()
    readable = re.sub(r"[^a-z0-9.]+", "-", base.lower())[:_READABLE].strip("-.")
    return f"{readable}-{hashed[:_HASHED]}"
