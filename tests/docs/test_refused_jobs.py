"""`docs/refused-jobs.md` has the reasons and remedies that `ecsrunner jobs why` prints."""

import re

import pytest

from cli.why.remedies import OTHER, REFUSALS, of_refusal
from tests.docs.test_docs import PROJECT

_ROW = re.compile(r"^\| `(.+?)` \| (.+) \|$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def test_the_page_has_the_remedy_of_each_reason_and_no_others() -> None:
    page = (PROJECT / "docs" / "refused-jobs.md").read_text()
    assert {reason: _LINK.sub(r"\1", remedy) for reason, remedy in _ROW.findall(page)} == REFUSALS


@pytest.mark.parametrize("pattern", list(REFUSALS))
def test_a_reason_is_matched_by_its_own_pattern(pattern: str) -> None:
    reason = pattern.replace("…", "text")
    assert of_refusal(reason[:1].lower() + reason[1:]) == REFUSALS[pattern]


def test_any_other_reason_has_a_general_remedy() -> None:
    assert of_refusal("ECS: AccessDenied") == OTHER
