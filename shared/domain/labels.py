"""Parses and compares job labels: `self-hosted`, `image:<base>`, `class:<name>` and others.

GitHub compares labels case-insensitively, and so does this module.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

SELF_HOSTED = "self-hosted"
IMAGE = "image:"
CLASS = "class:"
RUN = "run:"
"""Prefix of a label that is unique to a run or to one of its jobs: `run:<run id>`,
`run:<run id>-<any>`."""


OFFERED = ("linux", "x64", f"{RUN}*")
"""Default patterns of the other labels that a fleet's runners have; `*` matches any text."""


class LabelError(ValueError):
    """The labels contradict each other. The message is shown in the timeline."""


class Wants(Struct, frozen=True, kw_only=True):
    """A job's parsed labels. `image` keeps its case, `class_name` is lower case."""

    self_hosted: bool
    image: str | None
    class_name: str | None
    rest: tuple[str, ...]


def is_self_hosted(labels: Iterable[str]) -> bool:
    """Return whether the job requires a self-hosted runner."""
    return any(label.strip().lower() == SELF_HOSTED for label in labels)


def parse(labels: Iterable[str]) -> Wants:
    """Parse a job's labels.

    Raises:
        LabelError: two different images or classes, or an `image:` or `class:` label without one.
    """
    texts = [label.strip() for label in labels]
    class_name = _only(texts, CLASS)
    return Wants(
        self_hosted=is_self_hosted(texts),
        image=_only(texts, IMAGE),
        class_name=class_name.lower() if class_name else None,
        rest=tuple(text for text in texts if not _is_ours(text)),
    )


def not_offered(labels: Iterable[str], offered: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that the fleet's runners do not have: other runners serve such a job."""
    patterns = [one.lower() for one in offered]
    texts = [label.strip() for label in labels]
    return tuple(
        text
        for text in texts
        if not _is_ours(text) and not any(fnmatchcase(text.lower(), one) for one in patterns)
    )


def asks_for_the_same(labels: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether two jobs have the same `image:` and `class:` labels, if any."""
    return _asked(labels) == _asked(others)


def serves(runner_labels: Iterable[str], job_labels: Iterable[str]) -> bool:
    """Return whether GitHub may assign a job with `job_labels` to a runner with `runner_labels`."""
    return {label.lower() for label in job_labels} <= {label.lower() for label in runner_labels}


def _asked(labels: Iterable[str]) -> set[str]:
    return {one.lower() for one in labels if one.lower().startswith((IMAGE, CLASS))}


def _is_ours(text: str) -> bool:
    return text.lower() == SELF_HOSTED or text.lower().startswith((IMAGE, CLASS))


def _only(texts: list[str], key: str) -> str | None:
    values = [text[len(key) :].strip() for text in texts if text.lower().startswith(key)]
    if not values:
        return None
    if "" in values:
        raise LabelError(f'label "{key}" names nothing; write {key}<name>')
    if len({value.lower() for value in values}) > 1:
        raise LabelError(f"more than one {key} label: {', '.join(sorted(values))}; give one")
    return values[0]
