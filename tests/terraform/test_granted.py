"""The comparison of what may be called with what is: it sees every kind of difference."""

import pytest

from tests.terraform import granted
from tests.terraform.support import FUNCTIONS

MAY = {name: granted.BY_LAMBDA_ITSELF | set(granted.OUT_OF_REACH[name]) for name in FUNCTIONS}


def test_what_is_called_and_granted_is_no_difference() -> None:
    may = MAY | {"ingest": MAY["ingest"] | {"dynamodb:PutItem"}}
    calls = {name: [] for name in FUNCTIONS} | {"ingest": ["dynamodb.TransactWriteItems"]}
    assert granted.differences(may, calls) == []


def test_a_call_that_is_not_granted_is_named_with_all_that_it_needs() -> None:
    calls = {name: [] for name in FUNCTIONS} | {"ingest": ["ecs.RunTask"]}
    run, role = granted.differences(MAY, calls)
    assert run.startswith("ingest calls ecs:RunTask and may not")
    assert role.startswith("ingest calls iam:PassRole and may not")


def test_a_grant_that_nobody_uses_is_named() -> None:
    may = MAY | {"janitor": MAY["janitor"] | {"s3:DeleteBucket"}}
    (told,) = granted.differences(may, {name: [] for name in FUNCTIONS})
    assert told.startswith("janitor may s3:DeleteBucket and does not call it")


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if granted.OUT_OF_REACH[name]])
def test_a_reason_for_what_is_not_granted_is_named(name: str) -> None:
    told = granted.differences(
        MAY | {name: set(granted.BY_LAMBDA_ITSELF)}, dict.fromkeys(FUNCTIONS, ())
    )
    assert len(told) == len(granted.OUT_OF_REACH[name])
    assert all("remove it there" in one for one in told)
