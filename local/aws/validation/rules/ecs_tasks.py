"""Rules for ECS: RunTask, StopTask, DescribeTasks, ListTasks. `ecs` covers task definitions.

Source: Amazon ECS API Reference, RunTask, StopTask, DescribeTasks, ListTasks, as botocore's model
of ECS quotes it.
"""

import json
import re
from collections.abc import Iterable

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Kept, Known, Params, Rule

MOST_TASKS = 10
MOST_DESCRIBED = 100
MOST_REASON = 255
"""Length of a stop reason. The API Reference contained the limit until 2023."""
_MOST_OVERRIDES = 8_192
_MOST_PROVIDERS = 20
_MOST_SUBNETS = 16
_MOST_GROUPS = 5
_TOKEN = re.compile(r"[!-~]{1,64}")
_STARTED_BY = re.compile(r"[A-Za-z0-9_/-]{0,128}")


def _token(params: Params, _known: Known) -> Iterable[str]:
    token = params.get("clientToken")
    if token is not None and not _TOKEN.fullmatch(token):
        yield f"clientToken: is {shown(token)}; allowed: 1 to 64 characters of ASCII 33 to 126"


def _started_by(params: Params, _known: Known) -> Iterable[str]:
    text = params.get("startedBy", "")
    if not _STARTED_BY.fullmatch(text):
        allowed = "up to 128 letters, digits, hyphens, slashes and underscores"
        yield f"startedBy: is {shown(text)}; allowed: {allowed}"


def _count(params: Params, _known: Known) -> Iterable[str]:
    count = params.get("count", 1)
    if not 1 <= count <= MOST_TASKS:
        yield f"count: is {count}; allowed: 1 to {MOST_TASKS}"


def _overrides(params: Params, _known: Known) -> Iterable[str]:
    if "overrides" not in params:
        return
    size = len(json.dumps(params["overrides"], separators=(",", ":"), ensure_ascii=False))
    if size > _MOST_OVERRIDES:
        yield f"overrides: have {size} characters as JSON; allowed: at most {_MOST_OVERRIDES}"


def _capacity(params: Params, _known: Known) -> Iterable[str]:
    strategy = params.get("capacityProviderStrategy", ())
    if strategy and "launchType" in params:
        yield "launchType: is given beside capacityProviderStrategy; allowed: one of the two"
    if len(strategy) > _MOST_PROVIDERS:
        text = f"has {len(strategy)} providers; allowed: at most {_MOST_PROVIDERS}"
        yield f"capacityProviderStrategy: {text}"
    if strategy and not any(one.get("weight", 0) for one in strategy):
        yield "capacityProviderStrategy: has no weight above 0; allowed: at least one"
    if sum(1 for one in strategy if one.get("base")) > 1:
        yield "capacityProviderStrategy: has more than one base; allowed: one at most"


def _network(params: Params, _known: Known) -> Iterable[str]:
    network = params.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    path = "networkConfiguration.awsvpcConfiguration"
    for name, most in (("subnets", _MOST_SUBNETS), ("securityGroups", _MOST_GROUPS)):
        if len(network.get(name, ())) > most:
            yield f"{path}.{name}: has {len(network[name])} ids; allowed: at most {most}"


def _described(params: Params, _known: Known) -> Iterable[str]:
    count = len(params["tasks"])
    if not 1 <= count <= MOST_DESCRIBED:
        yield f"tasks: has {count} tasks; allowed: 1 to {MOST_DESCRIBED}"


def _listed(params: Params, _known: Known) -> Iterable[str]:
    most = params.get("maxResults", 1)
    if not 1 <= most <= MOST_DESCRIBED:
        yield f"maxResults: is {most}; allowed: 1 to {MOST_DESCRIBED}"
    others = {"containerInstance", "desiredStatus", "family", "launchType", "serviceName"}
    if "startedBy" in params and (given := others & params.keys() - {"desiredStatus"}):
        yield f"startedBy: is given beside {', '.join(sorted(given))}; allowed: no other filter"


def _reason(params: Params, _known: Known) -> Iterable[str]:
    size = len(params.get("reason", ""))
    if size > MOST_REASON:
        yield f"reason: has {size} characters; allowed: at most {MOST_REASON}"


_API = "Amazon ECS API Reference"
_RUN = ("ecs.RunTask",)

RULES = (
    Rule(
        name="ecs client token",
        operations=_RUN,
        check=_token,
        source=f"{_API}, RunTask, clientToken",
    ),
    Rule(
        name="ecs started by",
        operations=_RUN,
        check=_started_by,
        source=f"{_API}, RunTask, startedBy",
    ),
    Rule(
        name="ecs task count",
        operations=_RUN,
        check=_count,
        source=f"{_API}, RunTask, count",
    ),
    Rule(
        name="ecs size of overrides",
        operations=_RUN,
        check=_overrides,
        source=f"{_API}, RunTask, overrides",
    ),
    Rule(
        name="ecs capacity",
        operations=_RUN,
        check=_capacity,
        source=f"{_API}, RunTask, capacityProviderStrategy and launchType; "
        "CapacityProviderStrategyItem, weight and base",
    ),
    Rule(
        name="ecs network",
        operations=_RUN,
        check=_network,
        source=f"{_API}, AwsVpcConfiguration, subnets and securityGroups",
    ),
    Rule(
        name="ecs described tasks",
        operations=("ecs.DescribeTasks",),
        check=_described,
        source=f"{_API}, DescribeTasks, tasks",
    ),
    Rule(
        name="ecs listed tasks",
        operations=("ecs.ListTasks",),
        check=_listed,
        source=f"{_API}, ListTasks, maxResults and startedBy",
    ),
    Rule(
        name="ecs stop reason",
        operations=("ecs.StopTask",),
        check=_reason,
        source="AWS SDK for Ruby v2 API Reference, Aws::ECS::Types::StopTaskRequest, reason",
    ),
)

KEPT = (
    Kept(
        name="ecs client token reuse",
        operations=_RUN,
        source=f"{_API}, RunTask, clientToken and ConflictException; Amazon ECS Developer Guide, "
        '"Ensuring idempotency" (24 hours)',
        code="ConflictException",
    ),
)
