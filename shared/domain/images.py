"""Which image a job asks for: untrusted text, matched in full before it goes anywhere.

Source of the grammar: OCI distribution, "reference" (name, tag, digest), read November 2026.
"""

import hashlib
import re
from fnmatch import fnmatchcase

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
_HASHED = 12


def refusal(base: str, images: Images | None) -> str | None:
    """Why no image is built from `base`, or None if one may be."""
    label = f'label "image:{base}"'
    if images is None:
        return f"{label} can not be served: image builds are not configured"
    found = _REFERENCE.fullmatch(base)
    if found is None or len(found["name"]) > MAX_NAME:
        return f"{label} is not an image reference; allowed: [host/]name[:tag][@sha256:digest]"
    if not any(fnmatchcase(base, pattern) for pattern in images.allowed):
        allowed = ", ".join(images.allowed) or "none"
        return f"{label} is not allowed; allowed: {allowed}"
    return None


def image_tag(base: str, images: Images) -> str:
    """The tag of the runner image made from `base`: another base or recipe, another tag."""
    hashed = hashlib.sha256(f"{base}\n{images.revision}".encode()).hexdigest()
    readable = re.sub(r"[^a-z0-9.]+", "-", base.lower())[:_READABLE].strip("-.")
    return f"{readable}-{hashed[:_HASHED]}"
