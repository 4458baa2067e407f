"""A fleet with image builds, on simulated ECR and CodeBuild."""

from dataclasses import replace as replace_fields

from msgspec.structs import replace

from local.codebuild import lifecycle
from shared.adapters.images import BASE_VARIABLE, TAG_VARIABLE, EcrCodeBuildImages
from shared.domain import events as e
from shared.domain.image.naming import image_tag
from shared.domain.policy import Images
from shared.domain.stream import StreamId
from shared.ports import Build
from tests.simulated.aws.codebuild import CodeBuild
from tests.simulated.aws.ecr import ECR
from tests.simulated.names import ACCOUNT, CLUSTER, FLEET, REPOSITORY
from tests.simulated.requests import Requests
from tests.simulated.weather import Weather
from tests.support import stories
from tests.support.clock import ManualClock
from tests.support.fleet import SimulatedFleet, recorded

IMAGES = Images(default_base="ubuntu:24.04", allowed=("ubuntu:*", "debian:*"), revision="1")


class BuildsByHand(CodeBuild):
    """CodeBuild without timers: a build is in phase BUILD at once, and tests end it."""

    def __init__(self, clock: ManualClock, ecr: ECR) -> None:
        super().__init__(clock, Weather(), FLEET.image_project, ecr, FLEET.repository)

    def _plan(self, build_id: str) -> None:
        self._enter(build_id, lifecycle.BUILD)


class BuildingFleet(SimulatedFleet):
    """A fleet with `ecr` as its registry and `codebuild` as its builder."""

    def __init__(self, *, cluster: str = CLUSTER, **policy: object) -> None:
        super().__init__(replace(stories.POLICY, images=IMAGES, **policy), cluster=cluster)
        self.ecr = ECR(self.clock, ACCOUNT, FLEET.repository)
        self.ecs.pull = self.ecr.pull
        self.codebuild = BuildsByHand(self.clock, self.ecr)
        self.images = self._images(self.requests)
        self._onlooker_of_builds = self._images(Requests())
        self.deps = replace_fields(self.deps, images=self.images)

    def push(self, tag: str) -> None:
        """Push an image that is not from a build of the fleet."""
        self.ecr.put_image(
            repositoryName=FLEET.repository, imageTag=tag, imageManifest="pushed by hand"
        )

    def pulls(self, runner_id: str) -> None:
        """Pull the image of the runner's task, as ECS."""
        definition = self.launches()[runner_id]["taskDefinition"]
        assert self.ecr.pull(self.ecs.image(definition)) is None

    def expire(self, tag: str) -> None:
        """Record as the Janitor that the image is to be deleted, and nothing after that."""
        fact = e.ImageExpired(tag=tag, unused_since=self.clock.now())
        self.tell_stream(StreamId.of_image(tag), fact)

    def image(self, tag: str) -> str:
        """Return the image with that tag, by its digest."""
        return f"{REPOSITORY}@{self.ecr.digests[tag]}"

    def bases(self) -> dict[str, str]:
        """The base of each requested build by tag."""
        asked = (
            {one["name"]: one["value"] for one in request["environmentVariablesOverride"]}
            for request in self.requests.of("codebuild.start_build")
        )
        return {one[TAG_VARIABLE]: one[BASE_VARIABLE] for one in asked}

    def build(self, build_id: str) -> Build:
        """Return the build as CodeBuild returns it."""
        build = self._onlooker_of_builds.check(build_id)
        assert build is not None, f"CodeBuild has no build {build_id}"
        return build

    def ends(self, build_id: str, reason: str | None = None) -> None:
        """End the build as CodeBuild, with a failure if there is a reason, and send its event."""
        self.codebuild.finish(build_id, reason)
        build = self.build(build_id)
        fact = e.ImageBuildEnded(
            build_id=build_id, status=build.status, reason=build.reason, log_url=build.log_url
        )
        self.tell_stream(StreamId.of_image(self._tag(build_id)), fact)

    def _tag(self, build_id: str) -> str:
        """Return the tag that the build pushes."""
        variables = self.codebuild.builds[build_id]["environment"]["environmentVariables"]
        return next(str(one["value"]) for one in variables if one["name"] == TAG_VARIABLE)

    def _images(self, requests: Requests) -> EcrCodeBuildImages:
        return EcrCodeBuildImages(
            ecr=recorded("ecr", self.ecr, requests),
            codebuild=recorded("codebuild", self.codebuild, requests),
            ecs=recorded("ecs", self.ecs, requests),
            repository_uri=REPOSITORY,
            project=FLEET.image_project,
        )


def build_id(number: int) -> str:
    """Return the id of the `number`th started build."""
    return f"{FLEET.image_project}:{number:032x}"


def building_fleet(*job_ids: int, **policy: object) -> BuildingFleet:
    """Return a fleet whose jobs wait for the build of the default image."""
    fleet = BuildingFleet(**policy)
    fleet.queue(*job_ids)
    fleet.settle()
    return fleet


def tag_of(base: str) -> str:
    """Return the tag of the image that is built from that base."""
    return image_tag(base, IMAGES)
