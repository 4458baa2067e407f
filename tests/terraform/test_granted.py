"""The comparison of what may be done with what is: it sees every kind of difference."""

from dataclasses import replace

from tests.terraform import granted
from tests.terraform.iam import Request, Statement, statements
from tests.terraform.support import FUNCTIONS

EVENTS, RUNNERS = (
    f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}" for name in ("events", "runners")
)
(APPEND,) = statements(
    {
        "Statement": {
            "Sid": "Append",
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem"],
            "Resource": [EVENTS, RUNNERS],
        }
    }
)
(LOGS,) = statements(
    {
        "Statement": {
            "Sid": "Logs",
            "Effect": "Allow",
            "Action": sorted(granted.BY_LAMBDA_ITSELF),
            "Resource": "*",
        }
    }
)
APPENDED = {Request("dynamodb:PutItem", EVENTS), Request("dynamodb:PutItem", RUNNERS)}


def _differences(policy: list[Statement], asked: set[Request]) -> list[str]:
    return list(granted.differences("ingest", policy, asked))


def test_what_is_asked_and_granted_is_no_difference() -> None:
    assert _differences([APPEND, LOGS], APPENDED) == []


def test_a_request_that_is_not_granted_is_named_with_what_it_lacks() -> None:
    other = Request("dynamodb:PutItem", f"{EVENTS}-of-others")
    (told,) = _differences([APPEND], APPENDED | {other})
    assert told.startswith(f"ingest asks for {other} and may not (Append has another resource)")


def test_a_request_that_is_denied_is_named_with_what_denies_it() -> None:
    deny = replace(APPEND, sid="LeaveTheRecordAlone", allows=False, resources=(EVENTS,))
    (told,) = _differences([APPEND, deny], APPENDED)
    assert "LeaveTheRecordAlone denies it" in told


def test_an_action_that_nobody_uses_is_named() -> None:
    more = replace(APPEND, actions=(*APPEND.actions, "dynamodb:DeleteItem"))
    (told,) = _differences([more], APPENDED)
    assert told.startswith("ingest may dynamodb:DeleteItem (Append) and does not ask for it")


def test_a_resource_that_nobody_uses_is_named() -> None:
    (told,) = _differences([APPEND], {Request("dynamodb:PutItem", EVENTS)})
    assert told.startswith(f"ingest may do things to {RUNNERS} (Append) and does none")


def test_a_statement_whose_condition_nobody_meets_is_used_by_nobody() -> None:
    odd = replace(APPEND, conditions=(("StringEquals", "aws:RequestedRegion", ("mars",)),))
    assert len(_differences([APPEND, odd], APPENDED)) == 3


def test_the_calls_out_of_reach_are_judged_like_all_others() -> None:
    told = {
        "image_build_project": "fleet-images",
        "repository_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/fleet-runner",
        "cluster": {"name": "fleet", "arn": "arn:aws:ecs:us-east-1:123456789012:cluster/fleet"},
        "config_bucket": "fleet-configs",
        "queue_urls": {
            name: f"https://sqs/123456789012/fleet-{name}"
            for name in ("failed_events", "scheduler_dead_letters", "reconciler_dead_letters")
        },
        "tables": {"runners": "fleet-runners"},
    }
    calls = granted.out_of_reach(told)
    assert calls.keys() == {*FUNCTIONS}
    operations = {one.operation for some in calls.values() for one in some}
    assert len(operations) == 11
