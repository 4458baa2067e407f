"""The evaluator judges as IAM does: each test is a sentence of its documentation."""

import re
from typing import Any

import pytest

from tests.terraform.iam import Request, UnsupportedError, allowed, arn_like, statements, why_not

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/runners"
RUN = Request(
    "ecs:RunTask",
    "arn:aws:ecs:us-east-1:123456789012:task-definition/runner-debian:3",
    (("ecs:cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/fleet"),),
)
MAY_RUN = {
    "Sid": "RunTasks",
    "Effect": "Allow",
    "Action": "ecs:RunTask",
    "Resource": ["arn:aws:ecs:us-east-1:123456789012:task-definition/runner-*:*"],
    "Condition": {"ArnEquals": {"ecs:cluster": RUN.context[0][1]}},
}


def _policy(*told: dict[str, Any]) -> Any:
    return statements({"Statement": list(told)})


def _query(resource: str | list[str], effect: str = "Allow", action: str = "dynamodb:Query") -> Any:
    return {"Sid": effect, "Effect": effect, "Action": action, "Resource": resource}


def test_what_no_statement_allows_is_denied() -> None:
    assert not allowed([], RUN)
    assert why_not([], RUN) == "no statement has the action"


def test_a_statement_allows_its_actions_on_its_resources_under_its_conditions() -> None:
    assert allowed(_policy(MAY_RUN), RUN)


@pytest.mark.parametrize(
    ("request_", "lacks"),
    [
        (Request("ecs:StopTask", RUN.resource, RUN.context), "no statement has the action"),
        (
            Request(RUN.action, RUN.resource.replace("runner-debian", "other"), RUN.context),
            "RunTasks has another resource",
        ),
        (
            Request(RUN.action, RUN.resource, (("ecs:cluster", "arn:aws:ecs:r:1:cluster/b"),)),
            "RunTasks has another condition",
        ),
        (Request(RUN.action, RUN.resource), "RunTasks has another condition"),
        (Request(RUN.action, TABLE), "RunTasks has another resource and condition"),
    ],
    ids=["action", "resource", "condition", "no key for the condition", "both"],
)
def test_one_that_lacks_any_of_them_is_denied_and_told_what(request_: Request, lacks: str) -> None:
    assert not allowed(_policy(MAY_RUN), request_)
    assert why_not(_policy(MAY_RUN), request_) == lacks


def test_an_explicit_deny_wins_whatever_allows() -> None:
    policy = _policy(_query(TABLE), _query("*", effect="Deny", action="dynamodb:*"))
    assert not allowed(policy, Request("dynamodb:Query", TABLE))
    assert why_not(policy, Request("dynamodb:Query", TABLE)) == "Deny denies it"


def test_a_deny_of_something_else_takes_nothing_away() -> None:
    policy = _policy(_query(TABLE), _query(f"{TABLE}/index/*", effect="Deny"))
    assert allowed(policy, Request("dynamodb:Query", TABLE))


def test_a_table_is_not_its_index() -> None:
    policy = _policy(_query(TABLE))
    assert not allowed(policy, Request("dynamodb:Query", f"{TABLE}/index/by_status"))


def test_actions_and_keys_are_the_same_in_any_case_and_resources_are_not() -> None:
    policy = _policy(MAY_RUN | {"Action": "ECS:runtask"})
    key, cluster = RUN.context[0]
    assert allowed(policy, Request(RUN.action, RUN.resource, ((key.upper(), cluster),)))
    assert not allowed(policy, Request(RUN.action, RUN.resource.upper(), RUN.context))


def test_a_statement_alone_and_a_text_alone_are_lists_of_one() -> None:
    assert allowed(statements({"Statement": _query(TABLE)}), Request("dynamodb:Query", TABLE))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*", True),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/run*", True),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/runner?", True),
        ("arn:aws:dynamodb:*:*:table/runners", True),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/runner", False),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/runners?", False),
        ("arn:aws:dynamodb:us-east-1:123456789012:table.runners", False),
        ("arn:aws:*:table/runners", False),
        ("arn:aws:dynamodb:us-east-1:210987654321:table/*", False),
    ],
)
def test_patterns_fit_an_arn_part_by_part(pattern: str, fits: bool) -> None:
    assert arn_like(pattern, TABLE) is fits


@pytest.mark.parametrize(
    "more",
    [
        {"NotAction": "ecs:*"},
        {"Principal": "*"},
        {"Condition": {"IpAddress": {"aws:SourceIp": ""}}},
        {"Condition": {"StringEqualsIfExists": {"ecs:cluster": "fleet"}}},
    ],
    ids=["NotAction", "Principal", "IpAddress", "IfExists"],
)
def test_what_is_not_judged_is_refused_rather_than_passed_over(more: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(more.get("Condition", more)))):
        _policy(MAY_RUN | more)


def test_an_effect_is_allow_or_deny_in_just_these_letters() -> None:
    with pytest.raises(UnsupportedError, match="not judged here: allow;"):
        _policy(_query(TABLE, effect="allow"))


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:*",
        "arn:aws:dynamodb:*:*:table/runners",
        "arn:aws:dynamodb:us-east-?:123456789012:table/runners",
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_resource_that_may_fit_more_than_it_does_here_is_refused(
    resource: str, effect: str
) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(f"not judged here: {resource};")):
        _policy(_query([TABLE, resource], effect))


def test_a_variable_in_a_policy_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=re.escape("not judged here: ${aws:username};")):
        _policy(_query(f"{TABLE}-${{aws:username}}"))


def test_a_bucket_is_not_its_objects() -> None:
    bucket, an_object = "arn:aws:s3:::configs", "arn:aws:s3:::configs/a-1.env"
    of_bucket, of_objects = (
        _policy(_query(resource, action="s3:*")) for resource in (bucket, f"{bucket}/*.env")
    )
    assert not allowed(of_bucket, Request("s3:GetObject", an_object))
    assert not allowed(of_objects, Request("s3:ListBucket", bucket))
    assert not allowed(of_objects, Request("s3:GetObject", f"{bucket}/a-1.json"))
    assert allowed(of_objects, Request("s3:GetObject", an_object))
