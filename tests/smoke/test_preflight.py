"""What is found before anything is made."""

from pathlib import Path
from typing import Any

import pytest

from smoke import preflight
from smoke.verdict import Failed, Skipped
from smoke.workspace import Inputs, Workspace
from tests.smoke.support import Scripted, denied, site


def own(tmp_path: Path, **services: Any) -> Scripted:
    """A site that is to make its fleet."""
    where = site(**services)
    inputs = Inputs(region="eu-central-1", repository="a/b", credential=None, webhook_secret="s")
    where.workspace = Workspace(prefix="smoke-1a2b", inputs=inputs, room=tmp_path)
    return where


def account(limit: int, free: int) -> dict[str, Any]:
    told = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": free}
    return {"lambda": {"get_account_settings": {"AccountLimit": told}}}


def quotas(**values: float) -> dict[str, Any]:
    def answer(ServiceCode: str, QuotaCode: str) -> Any:  # noqa: N803 - boto3's
        return {"Quota": {"Value": values[QuotaCode.replace("-", "_")]}}

    return {"service_quotas": {"get_service_quota": answer}}


def test_credentials_are_shown_by_whose_they_are() -> None:
    told = {"Arn": "arn:aws:iam::123456789012:user/me", "Account": "123456789012"}
    where = site(sts={"get_caller_identity": told})
    assert preflight.credentials(where) == f"{told['Arn']} in eu-central-1"
    assert where.notes["account"] == "123456789012"


def test_expired_credentials_are_quoted() -> None:
    where = site(sts={"get_caller_identity": denied("ExpiredToken", "it has expired")})
    with pytest.raises(Failed, match="ExpiredToken: it has expired"):
        preflight.credentials(where)


@pytest.mark.parametrize("found", ["1.10.5", "0.15.0"])
def test_an_old_terraform_is_refused(
    found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "terraform"
    script.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{found}"}}\'\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Failed, match=f"terraform is {found}"):
        preflight.terraform(own(tmp_path))


def test_a_missing_terraform_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failed, match="terraform is not on the PATH"):
        preflight.terraform(own(tmp_path))


def test_zips_that_are_not_built_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "PROJECT", tmp_path)
    with pytest.raises(Failed, match=r"not in build/: functions/ingest\.zip"):
        preflight.packages(own(tmp_path))


def test_a_region_without_a_default_network_is_refused(tmp_path: Path) -> None:
    where = own(tmp_path, ec2={"describe_vpcs": {"Vpcs": []}})
    with pytest.raises(Failed, match="eu-central-1 has no default VPC"):
        preflight.network(where)


def test_a_default_network_without_subnets_has_its_own_remedy(tmp_path: Path) -> None:
    vpcs = {"Vpcs": [{"VpcId": "vpc-1"}]}
    where = own(tmp_path, ec2={"describe_vpcs": vpcs, "describe_subnets": {"Subnets": []}})
    with pytest.raises(Failed) as failed:
        preflight.network(where)
    assert "create-default-subnet" in str(failed.value.remedy)


@pytest.mark.parametrize("check", [preflight.terraform, preflight.packages, preflight.network])
def test_what_only_making_a_fleet_needs_is_not_checked_of_one_that_is_there(check: Any) -> None:
    with pytest.raises(Skipped, match="there before"):
        check(site())


def test_an_account_that_never_used_ecs_lacks_its_role() -> None:
    where = site(iam={"get_role": denied("NoSuchEntity")})
    with pytest.raises(Failed, match="no role AWSServiceRoleForECS"):
        preflight.ecs_role(where)


def test_few_free_executions_are_a_failure_and_some_are_a_hint() -> None:
    with pytest.raises(Failed, match="5 of 10"):
        preflight.lambda_quota(site(**account(10, 5)))
    assert "too few for bursts" in preflight.lambda_quota(site(**account(10, 10)))
    assert preflight.lambda_quota(site(**account(1000, 900))) == "900 of 1000 free"


@pytest.mark.parametrize(("free", "reserved"), [(10, False), (100, False), (101, True)])
def test_concurrency_is_reserved_only_where_lambda_allows_it(free: int, *, reserved: bool) -> None:
    where = site(**account(1000, free))
    assert not preflight.reserves(where), "nothing is known yet"
    preflight.lambda_quota(where)
    assert preflight.reserves(where) is reserved


def test_a_codebuild_quota_of_zero_is_a_failure() -> None:
    with pytest.raises(Failed, match="0 concurrent builds"):
        preflight.codebuild_quota(site(**quotas(L_9D07B6EF=0)))
    assert preflight.codebuild_quota(site(**quotas(L_9D07B6EF=1))) == "1 concurrent builds"


def test_a_fargate_quota_of_zero_is_a_failure_and_no_spot_is_a_hint() -> None:
    with pytest.raises(Failed, match="0 On-Demand vCPUs"):
        preflight.fargate_quota(site(**quotas(L_3032A538=0, L_36FBB829=6)))
    assert "no Spot vCPU" in preflight.fargate_quota(site(**quotas(L_3032A538=6, L_36FBB829=0)))


def test_a_quota_that_was_never_raised_is_the_default() -> None:
    answers = {
        "get_service_quota": denied("NoSuchResourceException"),
        "get_aws_default_service_quota": {"Quota": {"Value": 20.0}},
    }
    assert preflight.codebuild_quota(site(service_quotas=answers)) == "20 concurrent builds"


@pytest.mark.parametrize(
    "check", [preflight.lambda_quota, preflight.codebuild_quota, preflight.fargate_quota]
)
def test_a_quota_that_may_not_be_read_is_skipped(check: Any) -> None:
    with pytest.raises(Skipped, match="AccessDeniedException"):
        check(site())
