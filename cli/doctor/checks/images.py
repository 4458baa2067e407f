"""The checks of the runner images: repository, image, builds, and the runner's version."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct

from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem, warning
from cli.image_sizes import IMAGE_URI
from cli.render.text import when
from shared.adapters.github_api import decode
from shared.ports import NotNow, Refused

_APPLY = "terraform apply"
_VERSION = re.compile(r"-(\d+)\.(\d+)\.(\d+)\.tar\.gz\Z")
_FAILED = ("FAILED", "FAULT", "TIMED_OUT")
_OLD = timedelta(days=60)
"""Age from which a version is too old: the default of the alarm `runner-version`. GitHub gives jobs
to a version until 30 days after a newer one. Source: GitHub Docs, "Self-hosted runners reference",
"Runner software updates"."""

Version = tuple[int, ...]


def repository(context: Context) -> Iterator[Finding]:
    """Yield that the repository, or an image that is not built on demand, is missing.

    Source: Amazon ECR API Reference, DescribeImages.
    """
    mine = context.settings
    uri = mine.image_repository or mine.runner_image
    parts = IMAGE_URI.match(uri)
    if parts is None:
        return
    of = {"registryId": parts["account"], "repositoryName": parts["name"]}
    try:
        if mine.image_build_project or parts["tag"] is None:
            context.client("ecr").describe_repositories(
                registryId=parts["account"], repositoryNames=[parts["name"]]
            )
        else:
            ids = [{"imageTag": parts["tag"]}]
            context.client("ecr").describe_images(**of, imageIds=ids)
    except ClientError as error:
        if not is_missing(error):
            raise
        if "Image" in str(error.response["Error"]["Code"]):
            yield problem(
                uri,
                "the image does not exist, and image_builds is false: no task can be launched",
                "Push it, or set runner_image_tag to one that exists.",
            )
        else:
            yield problem(
                parts["name"], "the ECR repository does not exist", f"{_APPLY} creates it."
            )


def builds(context: Context) -> Iterator[Finding]:
    """Yield that images can't be built, or that the newest build failed.

    Source: AWS CodeBuild API Reference, Project and Build (buildStatus, phases).
    """
    name = context.settings.image_build_project
    if not name:
        return
    project = build_project(context)
    if project is None:
        yield problem(name, "the CodeBuild project does not exist", f"Create it again: {_APPLY}.")
        return
    yield from _source(context, name, project)
    ids = context.client("codebuild").list_builds_for_project(
        projectName=name, sortOrder="DESCENDING"
    )["ids"]
    newest = context.client("codebuild").batch_get_builds(ids=ids[:1])["builds"] if ids else []
    for build in newest:
        if build["buildStatus"] in _FAILED:
            yield warning(
                build["id"],
                f"the newest image build is {build['buildStatus']}: {_reason(build)}",
                "Open its log in CodeBuild. The next job that wants the image starts another one.",
            )


def build_project(context: Context) -> Mapping[str, Any] | None:
    """Return the CodeBuild project of the image builds, or None if it does not exist."""
    name = context.settings.image_build_project
    found = context.once(
        "project", lambda: context.client("codebuild").batch_get_projects(names=[name])["projects"]
    )
    return dict(found[0]) if found else None


def _source(context: Context, name: str, project: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield that the source of the builds is missing. Its location is `bucket/key`."""
    bucket, _, key = project["source"].get("location", "").partition("/")
    if project["source"]["type"] != "S3" or not key:
        return
    listed = context.client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    if key not in {one["Key"] for one in listed.get("Contents", [])}:
        yield problem(
            name,
            f"the source of its builds, s3://{bucket}/{key}, does not exist",
            f"Upload it again: make package, {_APPLY}.",
        )


def _reason(build: Mapping[str, Any]) -> str:
    messages = [
        str(context["message"])
        for phase in build.get("phases", [])
        for context in phase.get("contexts", [])
        if context.get("message")
    ]
    return messages[-1] if messages else "CodeBuild names no reason"


_SOON = timedelta(days=30)
"""Time before the end of a version from which it is reported."""


class _Schedule(Struct, frozen=True):
    runtime_deprecates_at: datetime | None = None


class _Download(Struct, frozen=True):
    os: str = ""
    filename: str = ""


def runner_version(context: Context) -> Iterator[Finding]:
    """Yield that the runner's version is older than the one that GitHub offers for download.

    Without a project the version is unknown; its release date then decides alone. Source: GitHub's
    OpenAPI description, "List runner applications for a repository".
    """
    yield from _ending(context)
    mine, newest, ours = context.settings, _offered(context), _installed(context)
    released = mine.runner_version_released
    age = context.now.date() - released if released else timedelta()
    if newest and ours and ours >= newest:
        return
    if newest and ours:
        level = problem if age > _OLD else warning
        what = f"is older than GitHub's {_text(newest)}" + (f", {age.days} days old" if age else "")
    elif age > _OLD:
        level, what = warning, f"is {age.days} days old"
    else:
        return
    yield level(
        f"runner version {_text(ours) if ours else ''}".strip(),
        f"{what}: 30 days after a newer version GitHub gives it no jobs",
        f"Raise runner_version with runner_version_released, {_APPLY}.",
    )


def _ending(context: Context) -> Iterator[Finding]:
    """Yield that GitHub's schedule ends the version soon, or has ended it.

    Source: GitHub's OpenAPI description of GitHub Enterprise Cloud, "Get runner version end-of-life
    schedule". A version or a server without a schedule is answered with 404.
    """
    version = context.settings.runner_version
    for place in context.places[:1] if version else ():
        try:
            answer = context.github.get(
                place, f"{context.github.runners(place)}/deprecations/{version}"
            )
            context.github.check(answer)
        except (NotNow, Refused):
            return
        ends_at = decode(answer, _Schedule).runtime_deprecates_at
        if ends_at is None or ends_at - context.now > _SOON:
            return
        level, verb = (problem, "gives") if ends_at <= context.now else (warning, "will give")
        yield level(
            f"runner version {version}",
            f"GitHub {verb} it no jobs from {when(ends_at)} UTC on",
            f"Raise runner_version with runner_version_released, {_APPLY}.",
        )


def _installed(context: Context) -> Version | None:
    project = build_project(context) if context.settings.image_build_project else None
    variables = project["environment"].get("environmentVariables", []) if project else []
    found = next((one["value"] for one in variables if one["name"] == "RUNNER_VERSION"), "")
    numbers = found.split(".")
    return tuple(map(int, numbers)) if all(one.isdecimal() for one in numbers) else None


def _offered(context: Context) -> Version | None:
    """Return GitHub's newest version, or None if the credentials can't read it."""
    for place in context.places[:1]:
        path = f"{context.github.runners(place)}/downloads"
        try:
            answer = context.github.get(place, path)
            context.github.check(answer)
        except (NotNow, Refused):
            return None
        names = (one.filename for one in decode(answer, tuple[_Download, ...]) if one.os == "linux")
        found = filter(None, (_VERSION.search(name) for name in names))
        return max((tuple(map(int, one.groups())) for one in found), default=None)
    return None


def _text(version: Version) -> str:
    return ".".join(map(str, version))
