"""Selects the root certificates of AWS from certifi's copy of Mozilla's list.

botocore reads its list for each TLS connection, so a short list saves CPU time at cold starts. The
list is used only for AWS, which documents its root certificates. GitHub can change its certificate
authority at any time, so connections to GitHub use the system's full list.
"""

from pathlib import Path

import certifi

from bundles.errors import BundleError

SUBJECTS = (
    "CN=Amazon Root CA 1 O=Amazon",
    "CN=Amazon Root CA 2 O=Amazon",
    "CN=Amazon Root CA 3 O=Amazon",
    "CN=Amazon Root CA 4 O=Amazon",
    "CN=Starfield Services Root Certificate Authority - G2 O=Starfield Technologies, Inc.",
)
"""Source: Amazon Trust Services repository, "Root CAs"."""

_SUBJECT = "# Subject: "
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def roots(bundle: Path | None = None) -> bytes:
    """Return the certificates in PEM format, each with its subject.

    Raises:
        BundleError: The list does not contain all of them.
    """
    known = _by_subject((bundle or Path(certifi.where())).read_text())
    missing = [one for one in SUBJECTS if one not in known]
    if missing:
        raise BundleError(f"certifi has no root {'; '.join(missing)}: another version may")
    return "".join(f"# {one}\n{known[one]}\n" for one in SUBJECTS).encode()


def _by_subject(text: str) -> dict[str, str]:
    certificates: dict[str, str] = {}
    for part in text.split(_SUBJECT)[1:]:
        subject, _, rest = part.partition("\n")
        begin, end = rest.index(_BEGIN), rest.index(_END) + len(_END)
        certificates[subject.strip()] = rest[begin:end]
    return certificates
