"""A CodeBuild stand-in on the patched moto, and what a test wants to know of it."""

import json
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import pytest

from local.codebuild.codebuild import CodeBuild
from local.codebuild.lifecycle import Durations
from local.description import Description

WAIT = 20
"""Seconds after which a test that waits for something fails."""

AT_ONCE = Durations(provisioning=0, build=0)


class Stand:
    """One stand-in, and the clients to talk to it through moto."""

    def __init__(self, ecr: Any, codebuild: Any, names: Description, **options: Any) -> None:
        self.ecr = ecr
        self.codebuild = codebuild
        self.names = names
        self.seen: list[dict[str, Any]] = []
        self._events: Queue[dict[str, Any]] = Queue()
        self.stand_in = CodeBuild(
            ecr=ecr,
            repository=names.repository,
            **{"durations": AT_ONCE, "on_event": self._hear} | options,
        )

    def _hear(self, event: dict[str, Any]) -> None:
        self._events.put(json.loads(json.dumps(event)))

    def begin(self, **variables: str) -> dict[str, Any]:
        """StartBuild with these variables; the build as it answers."""
        given = {"IMAGE_TAG": "base-1", "BASE_IMAGE": "ubuntu:24.04"} | variables
        overrides = [
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in given.items()
        ]
        answer = self.codebuild.start_build(
            projectName=self.names.image_project, environmentVariablesOverride=overrides
        )
        return dict(answer["build"])

    def get(self, build_id: str) -> dict[str, Any]:
        """The build as BatchGetBuilds shows it."""
        (build,) = self.codebuild.batch_get_builds(ids=[build_id])["builds"]
        return dict(build)

    def event(self, status: str) -> dict[str, Any]:
        """Wait for the next event that tells of that status."""
        while True:
            self.seen.append(self._events.get(timeout=WAIT))
            if self.seen[-1]["detail"]["build-status"] == status:
                return self.seen[-1]

    def digests(self) -> dict[str, str]:
        """The digest of each image in the repository, by tag."""
        details = self.ecr.describe_images(repositoryName=self.names.repository)["imageDetails"]
        return {one["imageTags"][0]: one["imageDigest"] for one in details}


@pytest.fixture
def start(client: Callable[..., Any], name: str) -> Iterator[Callable[..., Stand]]:
    """Starts a stand-in whose builds are over at once, unless durations are given."""
    names = Description(name)
    client("ecr").create_repository(**names.image_repository())
    client("codebuild").create_project(**names.build_project("123456789012"))
    started: list[Stand] = []

    def make(**options: Any) -> Stand:
        stand = Stand(client("ecr"), client("codebuild"), names, **options)
        stand.stand_in.start()
        started.append(stand)
        return stand

    yield make
    for stand in started:
        stand.stand_in.stop()
