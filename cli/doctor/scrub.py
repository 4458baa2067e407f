"""Removes secrets from text: the values that are known, and whatever has the form of a secret.

Checks put no secret into a finding. This is the second defence, since messages of others are
quoted.
"""

import re
from collections.abc import Iterable

import msgspec

HIDDEN = "(hidden)"
_SHORTEST = 6
"""Shorter values are not replaced, because they occur in ordinary text."""
_FORMS = (
    re.compile(r"\b(?:gh[a-z]_[A-Za-z0-9_.-]{16,}|github_pat_[A-Za-z0-9_]{16,})"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL),
)
"""GitHub's tokens, AWS's access key ids, JWTs, private keys in PEM. Sources: GitHub Docs, "About
authentication to GitHub", "GitHub's token formats"; AWS IAM User Guide, "IAM identifiers"; RFC
7519; RFC 7468."""


class Scrubber:
    """Replaces secrets in text.

    Args:
        secrets: Known values, which are replaced wherever they occur.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        lines = {line.strip() for one in secrets for line in (one, *one.splitlines())}
        known = {form for one in lines if len(one) >= _SHORTEST for form in (one, _in_json(one))}
        self._secrets = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        for one in self._secrets:
            text = text.replace(one, HIDDEN)
        for form in _FORMS:
            text = form.sub(HIDDEN, text)
        return text


def _in_json(text: str) -> str:
    """Return the text as a JSON document has it, where quotes and backslashes are escaped."""
    return msgspec.json.encode(text).decode()[1:-1]
