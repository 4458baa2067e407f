"""The contract of `Images`: simulated, and on an emulated CodeBuild.

Without Docker, ministack's CodeBuild runs nothing: a build ends as it starts, and the test pushes
the image.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any

import pytest
from msgspec import Struct

from local.aws.server import MotoServer
from local.clients import Clients
from local.codebuild.codebuild import CodeBuild
from local.codebuild.lifecycle import Durations
from local.description import Description
from local.resources import Resources, create
from shared.adapters.images import EcrCodeBuildImages
from shared.ports import Build, Images, Refused
from tests.judges.ministack import Ministack
from tests.simulated.agenda import Agenda
from tests.simulated.aws.codebuild import CodeBuild as SimulatedCodeBuild
from tests.simulated.aws.ecr import ECR
from tests.simulated.aws.ecs import ECS
from tests.simulated.aws.paging import Direct
from tests.simulated.names import ACCOUNT, CLUSTER, FLEET, REPOSITORY
from tests.simulated.weather import Weather

WAIT = 20
BASE = "ubuntu:24.04"
_NAMES = count(1)
IMAGE = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9.-]+/[a-z0-9-]+@sha256:[0-9a-f]{64}")


class Given(Struct):
    """One implementation, a base task definition, and a function that ends a build.

    `end` makes the build fail if it has a reason; `image_of` returns the image of a definition.
    """

    images: Images
    base: str
    end: Callable[[str, str | None], None]
    image_of: Callable[[str], str]


def _simulated() -> Iterator[Given]:
    agenda, project = Agenda(Random(0)), FLEET.image_project
    ecr, ecs = ECR(agenda, ACCOUNT, FLEET.repository), ECS(agenda, Weather(), CLUSTER)
    codebuild = SimulatedCodeBuild(agenda, Weather(), project, ecr, FLEET.repository)
    clients: dict[str, Any] = {"ecr": ecr, "codebuild": codebuild, "ecs": ecs}
    images = EcrCodeBuildImages(
        **{name: Direct(client) for name, client in clients.items()},
        repository_uri=REPOSITORY,
        project=project,
    )
    yield Given(images, "runner:1", codebuild.finish, ecs.image)


def _at_aws() -> Iterator[Given]:
    with MotoServer() as server:
        clients = Clients(server.url)
        made = create(Description("fleet"), clients.make, {})
        stand_in = CodeBuild(
            ecr=clients.make("ecr"),
            repository=made.description.repository,
            durations=Durations(provisioning=0, build=None),
        ).start()
        ecs = clients.make("ecs")
        images = _images(clients, made)

        def image_of(arn: str) -> str:
            described: Any = ecs.describe_task_definition(taskDefinition=arn)
            (container,) = described["taskDefinition"]["containerDefinitions"]
            return str(container["image"])

        yield Given(images, made.task_definition, lambda *args: _end(stand_in, *args), image_of)
        stand_in.stop()
        clients.close()


def _at_ministack(ministack: Ministack) -> Iterator[Given]:
    made = create(Description(f"images-{next(_NAMES)}"), ministack.client, {})
    ecr, ecs = ministack.client("ecr"), ministack.client("ecs")
    tags: dict[str, str] = {}

    class Remembering(EcrCodeBuildImages):
        def build(self, tag: str, base: str, token: str) -> Build:
            begun = super().build(tag, base, token)
            tags[begun.build_id] = tag
            return begun

    def end(build_id: str, reason: str | None) -> None:
        if reason is None:
            manifest = json.dumps({"schemaVersion": 2, "config": {}, "layers": [build_id]})
            repository = made.description.repository
            ecr.put_image(
                repositoryName=repository, imageManifest=manifest, imageTag=tags[build_id]
            )

    def image_of(arn: str) -> str:
        (container,) = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"][
            "containerDefinitions"
        ]
        return str(container["image"])

    images = Remembering(
        ecr=ecr,
        codebuild=ministack.client("codebuild"),
        ecs=ecs,
        repository_uri=made.repository_uri,
        project=made.image_project,
    )
    yield Given(images, made.task_definition, end, image_of)


def _images(clients: Clients, made: Resources) -> EcrCodeBuildImages:
    return EcrCodeBuildImages(
        ecr=clients.make("ecr"),
        codebuild=clients.make("codebuild"),
        ecs=clients.make("ecs"),
        repository_uri=made.repository_uri,
        project=made.image_project,
    )


def _end(stand_in: CodeBuild, build_id: str, reason: str | None) -> None:
    stand_in.fails = lambda _: reason
    stand_in.finish(build_id)
    over = {build_id}
    assert stand_in.wait(
        lambda builds: over <= {one["id"] for one in builds if one["buildComplete"]}, WAIT
    )


@pytest.fixture(params=["simulated", "aws", "ministack"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    if request.param == "ministack":
        yield from _at_ministack(request.getfixturevalue("ministack"))
        return
    makers = {"simulated": _simulated, "aws": _at_aws}
    yield from makers[request.param]()


def test_an_image_that_nobody_pushed_is_not_found(given: Given) -> None:
    assert given.images.find("base-1") is None


def test_a_build_goes_on_until_it_ends_and_then_its_image_is_found(given: Given) -> None:
    begun = given.images.build("base-1", BASE, "base-1-1")
    assert begun.status == "IN_PROGRESS"
    checked = given.images.check(begun.build_id)
    assert checked
    assert (checked.build_id, checked.status) == (begun.build_id, "IN_PROGRESS")
    assert given.images.find("base-1") is None
    given.end(begun.build_id, None)
    ended = given.images.check(begun.build_id)
    assert ended
    assert (ended.status, ended.reason) == ("SUCCEEDED", "")
    assert ended.log_url.startswith("https://")
    assert IMAGE.fullmatch(given.images.find("base-1") or "")


def test_each_tag_has_its_own_image(given: Given) -> None:
    for tag in ("base-1", "base-2"):
        given.end(given.images.build(tag, BASE, tag).build_id, None)
    first, second = given.images.find("base-1"), given.images.find("base-2")
    assert first
    assert second
    assert first != second
    assert given.images.find("base-1") == first


def test_a_repeated_try_finds_the_build_that_is_begun(given: Given) -> None:
    begun = given.images.build("base-1", BASE, "base-1-1")
    assert given.images.build("base-1", BASE, "base-1-1").build_id == begun.build_id
    assert given.images.build("base-1", BASE, "base-1-2").build_id != begun.build_id


def test_a_repeated_try_shows_the_build_as_it_is_now(given: Given) -> None:
    begun = given.images.build("base-1", BASE, "base-1-1")
    given.end(begun.build_id, None)
    assert given.images.build("base-1", BASE, "base-1-1").status == "SUCCEEDED"


def test_a_token_can_not_be_used_for_another_build(given: Given) -> None:
    given.images.build("base-1", BASE, "base-1-1")
    with pytest.raises(Refused, match="base-1-1"):
        given.images.build("base-1", "debian:12", "base-1-1")


def test_another_fleet_of_the_account_builds_an_image_of_the_same_tag_for_itself() -> None:
    with MotoServer() as server:
        clients = Clients(server.url)
        fleets = [create(Description(prefix), clients.make, {}) for prefix in ("north", "south")]
        builds = [_images(clients, made).build("base-1", BASE, "base-1-1") for made in fleets]
        assert builds[0].build_id.startswith("north-")
        assert builds[1].build_id.startswith("south-")
        clients.close()


def test_a_failed_build_says_why_and_pushes_nothing(given: Given) -> None:
    build_id = given.images.build("base-1", BASE, "base-1-1").build_id
    given.end(build_id, "no such base")
    ended = given.images.check(build_id)
    assert ended
    assert ended.status == "FAILED"
    assert "no such base" in ended.reason
    assert given.images.find("base-1") is None


def test_what_was_pushed_under_a_tag_stays_and_a_second_push_fails(given: Given) -> None:
    given.end(given.images.build("base-1", BASE, "base-1-1").build_id, None)
    found = given.images.find("base-1")
    again = given.images.build("base-1", "debian:12", "base-1-2").build_id
    given.end(again, None)
    ended = given.images.check(again)
    assert ended
    assert ended.status == "FAILED"
    assert "already exists" in ended.reason
    assert given.images.find("base-1") == found


def test_a_stopped_build_is_over_and_can_be_stopped_again(given: Given) -> None:
    build_id = given.images.build("base-1", BASE, "base-1-1").build_id
    for _ in range(2):
        given.images.stop(build_id)
    stopped = given.images.check(build_id)
    assert stopped
    assert stopped.status == "STOPPED"
    assert given.images.find("base-1") is None


def test_a_build_that_has_ended_is_not_stopped_any_more(given: Given) -> None:
    build_id = given.images.build("base-1", BASE, "base-1-1").build_id
    given.end(build_id, None)
    given.images.stop(build_id)
    ended = given.images.check(build_id)
    assert ended
    assert ended.status == "SUCCEEDED"


def test_a_build_that_the_builder_does_not_know_is_none_and_may_be_stopped(given: Given) -> None:
    unknown = "fleet-runner-image:0a1b2c3d"
    assert given.images.check(unknown) is None
    given.images.stop(unknown)


def test_a_registered_definition_runs_the_image(given: Given) -> None:
    made = given.images.register(given.base, "registry/runner@sha256:0a", "base-1")
    other = given.images.register(given.base, "registry/runner@sha256:0b", "base-2")
    assert len({given.base, made, other}) == 3
    assert given.image_of(made) == "registry/runner@sha256:0a"
    assert given.image_of(other) == "registry/runner@sha256:0b"


def test_each_tag_says_when_it_was_last_used_until_it_is_deleted(given: Given) -> None:
    for tag in ("base-1", "base-2"):
        given.end(given.images.build(tag, BASE, tag).build_id, None)
    used = given.images.last_used()
    assert set(used) == {"base-1", "base-2"}
    assert all(one.tzinfo for one in used.values())
    given.images.delete("base-1")
    assert set(given.images.last_used()) == {"base-2"}
    given.images.delete("base-1")
    given.images.delete("never-pushed")
