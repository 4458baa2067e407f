"""Simulates CodeBuild in memory: idempotency tokens, and builds that push an image, fail or hang.

The phases are those of the local stack (`local.codebuild.lifecycle`). Source: AWS
CodeBuild API Reference, StartBuild, StopBuild and BatchGetBuilds.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local.aws.build_host import BuildView
from local.codebuild import lifecycle
from local.description import BUILD_TIMEOUT_MINUTES
from tests.simulated.agenda import Agenda
from tests.simulated.aws.ecr import ECR
from tests.simulated.aws.errors import error
from tests.simulated.aws.judged import judged
from tests.simulated.weather import Weather

ACCOUNT = "arn:aws:codebuild:us-east-1:123456789012"
TOKEN_SECONDS = 300.0
"""Lifetime of a token. Source: StartBuild, idempotencyToken."""


@judged("codebuild")
class CodeBuild:
    """The client of one project, which also runs its builds.

    Attributes:
        tell: Called with each build that begins or ends.
        watch: Called with each build that begins, before it is added to `builds`.
        builds: Builds by id, oldest first.
        most: Maximum number of concurrent builds.
    """

    def __init__(
        self, agenda: Agenda, weather: Weather, project: str, ecr: ECR, repository: str
    ) -> None:
        self.tell: Callable[[BuildView], None] = lambda _build: None
        self.watch: Callable[[BuildView], None] = lambda _build: None
        self.builds: dict[str, BuildView] = {}
        self.most = 60
        self._agenda = agenda
        self._rng = agenda.rng
        self._weather = weather
        self._project = project
        self._ecr = ecr
        self._repository = repository
        self._tokens: dict[str, tuple[Any, str, float]] = {}

    # --- calls of the adapter -------------------------------------------------------------------

    def start_build(
        self,
        *,
        projectName: str,
        idempotencyToken: str,
        environmentVariablesOverride: list[dict[str, str]],
    ) -> dict[str, Any]:
        if projectName != self._project:
            message = f"Project cannot be found: {projectName}"
            raise error("ResourceNotFoundException", message, "StartBuild")
        asked, now = environmentVariablesOverride, self._agenda.seconds
        first, build_id, at = self._tokens.get(idempotencyToken, (asked, "", 0.0))
        if build_id and now - at < TOKEN_SECONDS:
            if first != asked:
                message = f"The token {idempotencyToken} was used with other parameters."
                raise error("InvalidInputException", message, "StartBuild")
            return {"build": dict(self.builds[build_id])}
        if len(self.running()) >= self.most:
            message = f"Cannot have more than {self.most} builds in queue for the project"
            raise error("AccountLimitExceededException", message, "StartBuild")
        build = self._begin(asked)
        self._tokens[idempotencyToken] = (asked, build["id"], now)
        return {"build": dict(build)}

    def batch_get_builds(self, *, ids: list[str]) -> dict[str, Any]:
        return {
            "builds": [dict(self.builds[one]) for one in ids if one in self.builds],
            "buildsNotFound": [one for one in ids if one not in self.builds],
        }

    def stop_build(self, *, id: str) -> dict[str, Any]:  # noqa: A002 - as the API names it
        if id not in self.builds:
            message = f"Build cannot be found: {id}"
            raise error("ResourceNotFoundException", message, "StopBuild")
        self._end(id, lifecycle.STOPPED)
        return {"build": dict(self.builds[id])}

    # --- lifecycle of builds --------------------------------------------------------------------

    def running(self) -> list[BuildView]:
        """Return the builds that have not ended."""
        return [one for one in self.builds.values() if not one["buildComplete"]]

    def finish(self, build_id: str, reason: str | None = None) -> None:
        """End a build: it pushes its image, or fails with a reason."""
        if self._is_over(build_id):
            return
        self._enter(build_id, lifecycle.BUILD)
        reason = reason or self._push(self.builds[build_id])
        self._end(build_id, lifecycle.FAILED if reason else lifecycle.SUCCEEDED, reason or "")

    def _begin(self, variables: list[dict[str, str]]) -> BuildView:
        number = len(self.builds) + 1
        build_id = f"{self._project}:{number:032x}"
        asked = {
            "id": build_id,
            "arn": f"{ACCOUNT}:build/{build_id}",
            "buildNumber": number,
            "projectName": self._project,
            "initiator": "scheduler",
            "timeoutInMinutes": BUILD_TIMEOUT_MINUTES,
            "source": {"type": "S3", "location": "bucket/runner.zip"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": True,
                "environmentVariables": variables,
            },
        }
        build = lifecycle.begun(asked, self._agenda.now())
        self.watch(build)
        self.builds[build_id] = build
        self._enter(build_id, lifecycle.PROVISIONING)
        self.tell(self.builds[build_id])
        self._plan(build_id)
        return self.builds[build_id]

    def _plan(self, build_id: str) -> None:
        """Draw the outcome of the build."""
        weather, rng, after = self._weather, self._rng, self._agenda.after
        after(60.0 * BUILD_TIMEOUT_MINUTES, lambda: self._end(build_id, lifecycle.TIMED_OUT))
        provisioned = weather.provisioning(rng)
        hangs = rng.random() < weather.builds_hung
        if hangs and rng.random() < 0.5:
            return
        after(provisioned, lambda: self._enter(build_id, lifecycle.BUILD))
        if not hangs:
            broken = rng.random() < weather.builds_broken
            reason = "Error while executing command: docker build. Reason: 1" if broken else None
            after(provisioned + weather.building(rng), lambda: self.finish(build_id, reason))

    def _push(self, build: BuildView) -> str | None:
        """Push an image that is unique to the build; return the reason if the push is rejected."""
        variables = {
            one["name"]: one["value"] for one in build["environment"]["environmentVariables"]
        }
        try:
            self._ecr.put_image(
                repositoryName=self._repository,
                imageTag=variables["IMAGE_TAG"],
                imageManifest=f"{build['id']} from {variables['BASE_IMAGE']}",
            )
        except ClientError as refused:
            return f"Error while executing command: docker push. Reason: {refused}"
        return None

    def _enter(self, build_id: str, phase: str) -> None:
        build = self.builds[build_id]
        if not self._is_over(build_id):
            self.builds[build_id] = lifecycle.entered(build, phase, self._agenda.now())

    def _end(self, build_id: str, status: str, reason: str = "") -> None:
        if self._is_over(build_id):
            return
        build, now = self.builds[build_id], self._agenda.now()
        self.builds[build_id] = lifecycle.ended(build, status, now, reason)
        self.tell(self.builds[build_id])

    def _is_over(self, build_id: str) -> bool:
        return bool(self.builds[build_id]["buildComplete"])
