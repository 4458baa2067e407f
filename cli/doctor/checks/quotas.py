"""The checks of AWS's quotas: vCPUs of Fargate against max_runners, concurrent image builds."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from cli.doctor.checks.images import build_project
from cli.doctor.checks.parameters import valid_classes
from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem, warning
from shared.domain.policy import ClassSize

_FARGATE = {
    "FARGATE": ("L-3032A538", "Fargate On-Demand vCPU resource count"),
    "FARGATE_SPOT": ("L-36FBB829", "Fargate Spot vCPU resource count"),
}
"""The quotas of vCPUs by capacity provider. Source: AWS General Reference, "AWS Fargate endpoints
and quotas"."""
_BUILDS = {
    ("LINUX_CONTAINER", "BUILD_GENERAL1_SMALL"): (
        "L-9D07B6EF",
        "Concurrently running builds for Linux/Small environment",
    ),
    ("ARM_CONTAINER", "BUILD_GENERAL1_SMALL"): (
        "L-5ED1D25B",
        "Concurrently running builds for ARM/Small environment",
    ),
}
"""Source: AWS General Reference, "AWS CodeBuild endpoints and quotas"."""
_CPU_UNITS = 1024
"""CPU units of a vCPU."""
_REQUEST = "Request more of {0} ({1}) at Service Quotas, or lower max_runners."


def fargate(context: Context) -> Iterator[Finding]:
    """Yield quotas that are smaller than a runner, or than `max_runners` of the default class."""
    sizes = valid_classes(context)
    default = sizes.get(context.settings.default_class)
    for provider, (code, name) in _FARGATE.items():
        users = {one: size for one, size in sizes.items() if provider in size.capacity}
        if not users:
            continue
        limit = _quota(context, "fargate", code)
        yield from _too_large(users, limit, name, code)
        if default is not None and default.capacity[0] == provider:
            yield from _too_few(context, default, limit, name, code)


def _too_large(
    users: dict[str, ClassSize], limit: float, name: str, code: str
) -> Iterator[Finding]:
    large = sorted(one for one, size in users.items() if _vcpus(size) > limit)
    if large:
        yield problem(
            f"{name} ({code})",
            f"it is {limit:g}, too few for one runner of class {', '.join(large)}",
            _REQUEST.format(name, code),
        )


def _too_few(
    context: Context, size: ClassSize, limit: float, name: str, code: str
) -> Iterator[Finding]:
    mine = context.settings
    needed = mine.max_runners * _vcpus(size)
    if _vcpus(size) <= limit < needed:
        yield warning(
            f"{name} ({code})",
            f"it is {limit:g}, but {mine.max_runners} runners (max_runners) of class "
            f"{mine.default_class} need {needed:g}: jobs above it wait",
            _REQUEST.format(name, code),
        )


def _vcpus(size: ClassSize) -> float:
    return size.cpu / _CPU_UNITS


def codebuild(context: Context) -> Iterator[Finding]:
    """Yield that the account allows no image build, as a new account may."""
    if not context.settings.image_build_project:
        return
    project = build_project(context)
    of = project["environment"] if project else {}
    known = _BUILDS.get((of.get("type", ""), of.get("computeType", "")))
    if known is None:
        return
    code, name = known
    limit = _quota(context, "codebuild", code)
    if limit < 1:
        yield problem(
            f"{name} ({code})",
            f"it is {limit:g}: no image can be built",
            f"Request 2 or more of {name} ({code}) at Service Quotas; until then push an image of "
            "your own and set image_builds = false and runner_image_tag.",
        )


def _quota(context: Context, service: str, code: str) -> float:
    """Return the applied value of a quota in this account, else AWS's default.

    Source: Service Quotas API Reference, GetServiceQuota.
    """
    client, of = context.client("service-quotas"), {"ServiceCode": service, "QuotaCode": code}
    try:
        return float(client.get_service_quota(**of)["Quota"]["Value"])
    except ClientError as error:
        if not is_missing(error):
            raise
    return float(client.get_aws_default_service_quota(**of)["Quota"]["Value"])
