"""Compiles the patterns of AWS's service models for Python.

The models' patterns are written for Java. Callers match them against the whole value, as the
services do, although Smithy's specification does not anchor a pattern without `^` and `$`.
"""

from functools import cache

import regex

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_SUPPLEMENTARY = r"\U00010000-\U0010FFFF"
"""Java writes characters outside the basic multilingual plane as surrogate pairs."""
_PRINTABLE = r"\p{Print}"
_PRINTABLE_ASCII = r"[\x20-\x7E]"
"""Source: Java SE API, java.util.regex.Pattern, "POSIX character classes (US-ASCII only)"."""


class UnsupportedPattern(ValueError):
    """Python can't compile this pattern of a model."""


@cache
def compiled(pattern: str) -> "regex.Pattern[str]":
    r"""Compile a model's pattern for `fullmatch`.

    Java's `\w`, `\d` and `\s` match only ASCII. So does a compiled pattern, unless it contains
    Unicode properties such as `\p{L}`.

    Raises:
        UnsupportedPattern: Python has no equivalent.
    """
    translated = pattern.replace(_SURROGATES, _SUPPLEMENTARY).replace(_PRINTABLE, _PRINTABLE_ASCII)
    has_properties = r"\p{" in translated
    if has_properties and any(one in translated for one in (r"\w", r"\d", r"\s", r"\b")):
        raise UnsupportedPattern(f"{pattern}: Unicode properties beside classes of ASCII")
    try:
        return regex.compile(translated, 0 if has_properties else regex.ASCII)
    except regex.error as error:
        raise UnsupportedPattern(f"{pattern}: {error}") from error
