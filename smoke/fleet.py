"""The checks that create the temporary fleet, and that remove it with all resources it created."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import Refused, Unavailable
from smoke.aws import explained
from smoke.preflight import reserves
from smoke.site import Site
from smoke.terraform import TerraformError, versions
from smoke.verdict import Failed, Skipped
from smoke.workspace import TAG, Workspace, reservable

APPLY_SECONDS = 1200
DESTROY_SECONDS = 1200
INIT_SECONDS = 300
STOP_SECONDS = 240
"""Time limit for a runner to end: two minutes."""
LEFTOVER_SECONDS = 90
_BATCH = 10
_THERE = "the fleet was there before this run"
_DEFINITION = ":task-definition/"


def apply(site: Site) -> str:
    """Check that Terraform creates the fleet."""
    workspace = _own(site)
    # Lambda rejects reservations in accounts with a low concurrency limit.
    workspace.make(reserve=reserves(site) or not reservable())
    terraform = workspace.terraform
    try:
        terraform.run(site.patience, INIT_SECONDS, "init")
        site.notes |= versions(terraform.directory)
        terraform.run(site.patience, APPLY_SECONDS, "apply", "-auto-approve")
        outputs = terraform.outputs()
        made = len(terraform.resources())
    except TerraformError as error:
        raise Failed(f"{error}; all of it is in {terraform.log}") from error
    site.has_fleet(outputs["fleet"])
    return f"{made} resources with the prefix {site.prefix}"


def destroy(site: Site) -> str:
    """Check that Terraform removes the fleet and its state is empty."""
    workspace = _own(site)
    if site.notes.get("keep"):
        raise Skipped(f"--keep; later: make smoke DESTROY=1 PREFIX={site.prefix}")
    if not workspace.has_state():
        raise Skipped("nothing was made")
    terraform = workspace.terraform
    try:
        terraform.run(site.patience, INIT_SECONDS, "init")
        # Only the state describes a fleet of an earlier run or an incomplete one.
        site.outputs = site.outputs or terraform.outputs().get("fleet", {})
        removed = list(_before(site))
        terraform.run(site.patience, DESTROY_SECONDS, "destroy", "-auto-approve")
        left = terraform.resources()
    except TerraformError as error:
        raise Failed(f"{error}; all of it is in {terraform.log}") from error
    if left:
        raise Failed(f"still in the state: {', '.join(left[:10])}")
    removed += _definitions(site)
    workspace.forget()
    return "; ".join(["destroyed", *removed])


def leftovers(site: Site) -> str:
    """Check that no resource with the run's tag is left in the account."""
    _own(site)

    def gone() -> bool:
        found[:] = _tagged(site)
        return not found

    found: list[str] = []
    try:
        clean = site.patience.until("AWS to list nothing more", gone, LEFTOVER_SECONDS)
    except (BotoCoreError, ClientError) as error:
        raise Skipped(f"tag:GetResources: {explained(error)}") from error
    if not clean:
        raise Failed(f"{len(found)} left: {', '.join(found[:10])}")
    return f"no resource has the tag {TAG}={site.prefix}"


def _own(site: Site) -> Workspace:
    if site.workspace is None:
        raise Skipped(_THERE)
    return site.workspace


def _before(site: Site) -> Iterator[str]:
    """Remove resources outside Terraform's state that would make `destroy` fail; yield them."""
    for remove in (_registrations, _builds, _tasks):
        try:
            yield from remove(site)
        except (BotoCoreError, ClientError) as error:
            yield f"not removed: {explained(error)}"
        except (Refused, Unavailable) as error:
            yield f"not removed at GitHub: {error}"


def _registrations(site: Site) -> Iterator[str]:
    """Delete the registrations of this fleet's runners at GitHub."""
    if site.github is None:
        return
    for one in site.github.registered(site.repository, 1000):
        if one.runner_id.startswith(f"{site.prefix}-"):
            site.github.delete(site.repository, one.github_runner_id)
            yield f"registration {one.runner_id}"


def _builds(site: Site) -> Iterator[str]:
    """Stop running image builds."""
    project = site.outputs.get("image_build_project")
    if not project:
        return
    codebuild = site.client("codebuild")
    ids = codebuild.list_builds_for_project(projectName=project)["ids"]
    for build in codebuild.batch_get_builds(ids=ids[:_BATCH])["builds"] if ids else []:
        if build["buildStatus"] == "IN_PROGRESS":
            codebuild.stop_build(id=build["id"])
            yield f"build {build['id']}"


def _tasks(site: Site) -> Iterator[str]:
    """Stop running tasks, because a cluster with tasks can't be deleted."""
    ecs = site.client("ecs")
    listed = ecs.list_tasks(cluster=site.prefix)["taskArns"]
    for arn in listed:
        ecs.stop_task(cluster=site.prefix, task=arn, reason="the smoke test ends")
        yield f"task {arn.rpartition('/')[2]}"
    if listed:
        site.patience.until(
            "tasks to stop",
            lambda: not ecs.list_tasks(cluster=site.prefix)["taskArns"],
            STOP_SECONDS,
        )


def _definitions(site: Site) -> Iterator[str]:
    """Deregister the task definitions that the functions have registered, one per image."""
    ecs = site.client("ecs")
    family = f"{site.prefix}-runner"
    try:
        for name in ecs.list_task_definition_families(familyPrefix=family, status="ACTIVE")[
            "families"
        ]:
            for arn in ecs.list_task_definitions(familyPrefix=name)["taskDefinitionArns"]:
                ecs.deregister_task_definition(taskDefinition=arn)
                yield f"task definition {arn.rpartition('/')[2]}"
    except (BotoCoreError, ClientError) as error:
        yield f"task definitions not deregistered: {explained(error)}"


def _tagged(site: Site) -> list[str]:
    """Return the resources with the run's tag, except deregistered task definitions."""
    tagging: Any = site.client("resourcegroupstaggingapi")
    pages = tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": TAG, "Values": [site.prefix]}]
    )
    arns = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
    return [arn for arn in arns if _DEFINITION not in arn and not _is_gone(site, arn)]


def _is_gone(site: Site, arn: str) -> bool:
    """Return whether a listed cluster is INACTIVE, as it is for some time after its deletion."""
    if ":cluster/" not in arn:
        return False
    found = site.client("ecs").describe_clusters(clusters=[arn])["clusters"]
    return all(one["status"] == "INACTIVE" for one in found)
