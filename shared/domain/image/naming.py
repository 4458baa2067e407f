"""Which image a job asks for: untrusted text, matched in full before it goes anywhere.

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
"""Hexadecimal digits, 128 bits: two references of one tag can not be searched for."""


def refusal(base: str, images: Images | None) -> str | None:
    """Why no image is built from `base`, or None if one may be."""
    label = f'label "image:{base}"'
    if images is None:
        return f"{label} can not be served: image builds are not configured"
    found = _REFERENCE.fullmatch(base)
    if found is None or len(found["name"]) > MAX_NAME:
        return f"{label} is not an image reference; allowed: [host/]name[:tag][@sha256:digest]"
    if not any(_matches(base, pattern) for pattern in images.allowed):
        allowed = ", ".join(images.allowed) or "none"
        return f"{label} is not allowed; allowed: {allowed}"
    return None


class _Parts(Struct, frozen=True):
    """A reference or a pattern of references, taken apart. What it does not name is empty."""

    registry: str
    path: tuple[str, ...]
    tag: str
    digest: str


def _matches(base: str, pattern: str) -> bool:
    """Whether the pattern allows the reference: registry, path, tag and digest each by itself.

    `*` is any text within a part, so it never crosses `/` or `:`. A tag or a digest that the
    pattern does not name may be any.
    """
    wanted, found = _parts(pattern), _parts(base)
    if len(wanted.path) != len(found.path):
        return False
    named = [(found.registry, wanted.registry), *zip(found.path, wanted.path, strict=True)]
    named += [(found.tag, wanted.tag)] if wanted.tag else []
    named += [(found.digest, wanted.digest)] if wanted.digest else []
    return all(fnmatchcase(part, one) for part, one in named)


def _parts(reference: str) -> _Parts:
    """A first part with `.` or `:`, or `localhost`, is a registry, as Docker has it.

    Source: github.com/distribution/reference, `splitDockerDomain`.
    """
    name, _, digest = reference.partition("@")
    *folders, last = name.split("/")
    last, _, tag = last.partition(":")
    has_registry = folders and (folders[0] == "localhost" or set(folders[0]) & set(".:"))
    registry = folders.pop(0) if has_registry else ""
    return _Parts(registry, (*folders, last), tag, digest)


def image_tag(base: str, images: Images) -> str:
    """The tag of the runner image made from `base`: another base or recipe, another tag."""
    hashed = hashlib.sha256(f"{base}\n{images.revision}".encode()).hexdigest()
    readable = re.sub(r"[^a-z0-9.]+", "-", base.lower())[:_READABLE].strip("-.")
    return f"{readable}-{hashed[:_HASHED]}"
