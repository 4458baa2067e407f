"""The patterns of AWS's service models, compiled for Python. Which parameter has which is not here.

The models' patterns are written for Java. They are matched here against the whole value: services
do so, though Smithy's specification does not anchor a pattern that lacks `^` and `$`.
"""

from functools import cache

import regex

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_SUPPLEMENTARY = r"\U00010000-\U0010FFFF"
"""Java spells the characters beyond the basic plane as pairs of surrogates; Python as they are."""
_PRINTABLE = r"\p{Print}"
_PRINTABLE_ASCII = r"[\x20-\x7E]"
"""Source: Java SE API, java.util.regex.Pattern, "POSIX character classes (US-ASCII only)"."""


class UnsupportedPattern(ValueError):
    """Python can't compile this pattern of a model."""


@cache
def compiled(pattern: str) -> "regex.Pattern[str]":
    r"""A model's pattern for `fullmatch`.

    Java's `\w`, `\d` and `\s` match ASCII alone. So does a pattern here, unless it has Unicode
    properties such as `\p{L}`.

    Raises:
        UnsupportedPattern: there is no equivalent in Python.
    """
    translated = pattern.replace(_SURROGATES, _SUPPLEMENTARY).replace(_PRINTABLE, _PRINTABLE_ASCII)
    has_properties = r"\p{" in translated
    if has_properties and any(one in translated for one in (r"\w", r"\d", r"\s", r"\b")):
        raise UnsupportedPattern(f"{pattern}: Unicode properties beside classes of ASCII")
    try:
        return regex.compile(translated, 0 if has_properties else regex.ASCII)
    except regex.error as error:
        raise UnsupportedPattern(f"{pattern}: {error}") from error
