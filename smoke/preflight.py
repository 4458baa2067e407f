"""The checks of the prerequisites: tools, credentials, network, quotas, GitHub."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import Refused, Unavailable
from smoke.aws import explained, is_missing
from smoke.credential import NO_CREDENTIAL
from smoke.site import Site
from smoke.terraform import MINIMUM, TerraformError, versions
from smoke.verdict import Failed, Skipped
from smoke.workspace import PROJECT

LAMBDA_NEEDED = 6
"""Minimum of concurrent executions: five functions, one of which can run twice."""
LAMBDA_UNRESERVED = 100
"""Minimum of unreserved concurrency. Source: AWS Lambda Developer Guide, "Configuring reserved
concurrency for a function"."""
LAMBDA_WANTED = 50
"""Concurrency limit below which a burst of webhooks is throttled."""

_CODEBUILD = ("codebuild", "L-9D07B6EF")
"""Concurrently running builds for Linux/Small environment. Source: AWS General Reference, "AWS
CodeBuild endpoints and quotas"."""
_ON_DEMAND = ("fargate", "L-3032A538")
_SPOT = ("fargate", "L-36FBB829")
"""Fargate On-Demand and Spot vCPU resource count. Source: AWS General Reference, "AWS Fargate
endpoints and quotas"."""

PACKAGES = (
    *(f"functions/{one}.zip" for one in ("ingest", "outbox", "scheduler", "reconciler", "janitor")),
    "layer.zip",
    "runner.zip",
)


def terraform(site: Site) -> str:
    """Check Terraform's version."""
    if site.workspace is None:
        raise Skipped("the fleet was there before this run")
    if shutil.which("terraform") is None:
        raise Failed("terraform is not on the PATH")
    try:
        found = versions()["terraform"]
    except TerraformError as error:
        raise Failed(str(error)) from error
    if tuple(int(part) for part in found.split(".")[:2]) < MINIMUM:
        raise Failed(f"terraform is {found}")
    return f"terraform {found}"


def packages(site: Site) -> str:
    """Check that build/ contains the files that Terraform uploads."""
    if site.workspace is None:
        raise Skipped("the fleet was there before this run")
    missing = [name for name in PACKAGES if not (PROJECT / "build" / name).exists()]
    if missing:
        raise Failed(f"not in build/: {', '.join(missing)}")
    return f"{len(PACKAGES)} files in build/"


def credentials(site: Site) -> str:
    """Check the credentials and return the caller's ARN."""
    try:
        identity = site.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"sts:GetCallerIdentity: {explained(error)}") from error
    site.notes["account"] = str(identity["Account"])
    return f"{identity['Arn']} in {site.region}"


def network(site: Site) -> str:
    """Check the default VPC, which the minimal example uses."""
    if site.workspace is None:
        raise Skipped("the fleet was there before this run")
    ec2 = site.client("ec2")
    default = {"Name": "is-default", "Values": ["true"]}
    with _read("ec2:DescribeVpcs"):
        vpcs = ec2.describe_vpcs(Filters=[default])["Vpcs"]
    if not vpcs:
        raise Failed(f"{site.region} has no default VPC")
    in_it = {"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}
    with _read("ec2:DescribeSubnets"):
        subnets = ec2.describe_subnets(Filters=[in_it])["Subnets"]
    if not subnets:
        raise Failed(
            f"the default VPC {vpcs[0]['VpcId']} has no subnet",
            "aws ec2 create-default-subnet --availability-zone ZONE",
        )
    return f"{vpcs[0]['VpcId']} with {len(subnets)} subnets"


def ecs_role(site: Site) -> str:
    """Check ECS's service-linked role, which does not exist in an account that never used ECS."""
    try:
        found = site.client("iam").get_role(RoleName="AWSServiceRoleForECS")
    except ClientError as error:
        if is_missing(error):
            raise Failed("the account has no role AWSServiceRoleForECS") from error
        raise Skipped(f"iam:GetRole: {explained(error)}") from error
    return str(found["Role"]["RoleName"])


def lambda_quota(site: Site) -> str:
    """Check the quota of Lambda's concurrent executions."""
    with _read("lambda:GetAccountSettings"):
        limits = site.client("lambda").get_account_settings()["AccountLimit"]
    limit, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    site.notes["lambda_unreserved"] = str(free)
    if free < LAMBDA_NEEDED:
        raise Failed(f"{free} of {limit} concurrent executions are not reserved")
    if free < LAMBDA_WANTED:
        return f"{free} of {limit} free: enough for this run, too few for bursts; request 100"
    return f"{free} of {limit} free"


def reserves(site: Site) -> bool:
    """Return whether one execution can be reserved in this account, as far as it is known."""
    return int(site.notes.get("lambda_unreserved", "0")) > LAMBDA_UNRESERVED


def codebuild_quota(site: Site) -> str:
    """Check the quota of concurrent CodeBuild builds of the size that image builds use."""
    limit = _quota(site, *_CODEBUILD)
    if limit < 1:
        raise Failed(f"{limit:.0f} concurrent builds (Linux/Small) are allowed")
    return f"{limit:.0f} concurrent builds"


def fargate_quota(site: Site) -> str:
    """Check the quotas of Fargate's vCPUs."""
    on_demand, spot = _quota(site, *_ON_DEMAND), _quota(site, *_SPOT)
    if on_demand < 1:
        raise Failed(f"{on_demand:.0f} On-Demand vCPUs are allowed")
    if spot < 1:
        return f"{on_demand:.0f} On-Demand vCPUs; no Spot vCPU: request some before you use Spot"
    return f"{on_demand:.0f} On-Demand and {spot:.0f} Spot vCPUs"


def github(site: Site) -> str:
    """Check that GitHub lists the repository's runners, as it does for who may register them.

    It changes nothing, so it does not find a token that may read runners but not write them. An
    App's tokens are requested with both.
    """
    if site.github is None:
        raise Skipped(NO_CREDENTIAL)
    try:
        site.github.registered(site.repository, 1)
    except (Refused, Unavailable) as error:
        raise Failed(str(error)) from error
    return f"it lists the runners of {site.repository}"


def _quota(site: Site, service: str, code: str) -> float:
    """Return the applied value of a quota in this account."""
    quotas = site.client("service-quotas")
    quota = {"ServiceCode": service, "QuotaCode": code}
    try:
        return float(quotas.get_service_quota(**quota)["Quota"]["Value"])
    except ClientError as error:
        if not is_missing(error):
            raise Skipped(f"servicequotas:GetServiceQuota: {explained(error)}") from error
    with _read("servicequotas:GetAWSDefaultServiceQuota"):
        return float(quotas.get_aws_default_service_quota(**quota)["Quota"]["Value"])


@contextmanager
def _read(action: str) -> Iterator[None]:
    """Skip a check without permission for it, because that is no defect of the fleet."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Skipped(f"{action}: {explained(error)}") from error
