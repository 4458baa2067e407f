"""The runner image, really built by buildah on a Debian base, and jobs that run in it.

The base is the smallest Debian, with settings that a base image may have and a runner must not
inherit. Not judged here are bases with dnf: no archive of theirs can be reached everywhere.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
import urllib3

from local.github.server import GitHub
from tests.judges import buildah
from tests.judges.buildah import Buildah, Container
from tests.judges.debian import Debian, debian
from tests.judges.missing import missing
from tests.judges.runner_archive import pack

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow(file=True, seconds=100)]
NEEDED = f"the runner image's tests need {buildah.lacking()}: apt-get install buildah debootstrap"
if buildah.lacking() and not os.environ.get("CI"):
    pytest.skip(NEEDED, allow_module_level=True)

PROJECT = Path(__file__).parents[2]
REPOSITORY = "octo/repo"
VERSION = "2.999.0"
OTHER = "2.998.0"
WAIT = 60
BASE = "localhost/base:1"
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = f"{HOST}/fleet-runner:debian-0123456789ab"
STRANGE = """FROM scratch
ADD base.tar /
ENV ROOT=/elsewhere RUNNER_VERSION=1.2.3 RUNNER_SHA256=0 RUNNER_DOWNLOAD_URL=ftp://nowhere
STOPSIGNAL SIGQUIT
SHELL ["/bin/false"]
WORKDIR /var
USER nobody
ENTRYPOINT ["/bin/false"]
CMD ["one"]
"""
OPTIONS = (
    "push=true,oci-mediatypes=true,compression=zstd,compression-level=9,force-compression=true"
)
# Builds of BuildKit are pushed to a folder, and pulled from there as a task pulls them.
DOCKER = """#!/bin/sh
set -e
case "$1 $2" in
  "login "*) exec cat >/dev/null ;;
  "build "*) shift && exec {buildah} bud --layers "$@" ;;
  "push "*) exec {buildah} inspect --type image "$2" >/dev/null ;;
  "buildx create") exit 0 ;;
  "buildx build") shift 2 ;;
  *) exit 1 ;;
esac
[ "$1 $2 $3 $4" = "--builder runner-image --provenance=false --output" ]
image=${{5#type=image,name=}} && image=${{image%%,*}}
[ "$5" = "type=image,name=$image,{options}" ]
shift 5
{buildah} bud --layers --tag "$image" "$@"
# buildah names what it pulls after the path, in which it takes no capital letter.
cd "{folder}"
{buildah} push --quiet --format oci --compression-format zstd --compression-level 9 \\
  "$image" oci:pushed
{buildah} rmi "$image"
id=$({buildah} pull --quiet oci:pushed)
exec {buildah} tag "$id" "$image"
"""
AWS = """#!/bin/sh
[ "$2" = get-login-password ] && echo a-password
"""


class Mirror(NamedTuple):
    """Where archives are, and their checksum."""

    url: str
    sha256: str


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder whose file system lets sudo be sudo, which that of /tmp may not."""
    if buildah.lacking():
        missing(NEEDED)
    kept = PROJECT / "build" / "judges"
    for one in kept.glob("image-*"):  # of runs that were killed
        if not Path("/proc", one.name.removeprefix("image-")).exists():
            buildah.remove(one)
    made = kept / f"image-{os.getpid()}"
    made.mkdir(parents=True)
    yield made
    buildah.remove(made)


@pytest.fixture(scope="module")
def base() -> Debian:
    return debian()


@pytest.fixture(scope="module")
def mirror(folder: Path, base: Debian) -> Iterator[Mirror]:
    """A mirror of GitHub's releases: its URL, and the checksum of its only archive."""
    files = folder / "mirror"
    arch = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    archive = pack(files / "archive.tar.gz", base.python)
    for version in (VERSION, OTHER):
        (files / f"v{version}").mkdir()
        name = f"actions-runner-linux-{arch}-{version}.tar.gz"
        os.link(archive.path, files / f"v{version}" / name)
    handler = partial(SimpleHTTPRequestHandler, directory=str(files))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield Mirror(f"http://127.0.0.1:{server.server_port}", archive.sha256)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def images(folder: Path, base: Debian) -> Buildah:
    """buildah with the base image."""
    made = Buildah(folder)
    context = folder / "base"
    context.mkdir()
    os.link(base.base, context / "base.tar")
    made.build(BASE, STRANGE, context)
    return made


class Build:
    """Runs `build.sh` as CodeBuild does, with a `docker` that is buildah."""

    def __init__(self, folder: Path, images: Buildah, mirror: str) -> None:
        self._source = folder / "source"
        self._tools = folder / "tools"
        self._tools.mkdir()
        shutil.copytree(PROJECT / "runner", self._source)
        for file in self._source.iterdir():  # modes may be lost on the way to CodeBuild
            file.chmod(0o600)
        self.pushed = folder / "pushed"
        docker = DOCKER.format(buildah=" ".join(images.command), folder=folder, options=OPTIONS)
        for name, text in (("docker", docker), ("aws", AWS)):
            tool = self._tools / name
            tool.write_text(text)
            tool.chmod(0o755)
        self._environment = images.environment | {
            "PATH": f"{self._tools}:{os.environ['PATH']}",
            "REPOSITORY_URI": IMAGE.partition(":")[0],
            "RUNNER_DOWNLOAD_URL": mirror,
            "no_proxy": "127.0.0.1",
        }

    def __call__(
        self, tag: str, base: str, version: str, sha256: str, buildkit: str = ""
    ) -> "Done":
        given = {
            "IMAGE_TAG": tag,
            "BASE_IMAGE": base,
            "RUNNER_VERSION": version,
            "RUNNER_SHA256": sha256,
            "BUILDKIT_IMAGE": buildkit,
        }
        return subprocess.run(
            ["bash", "build.sh"],
            cwd=self._source,
            env=self._environment | given,
            capture_output=True,
            text=True,
            check=False,
        )


Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def build(folder: Path, images: Buildah, mirror: Mirror) -> Build:
    return Build(folder, images, mirror.url)


@pytest.fixture(scope="module")
def image(build: Build, mirror: Mirror) -> str:
    """The image of the runner, with layers that are compressed with zstd."""
    done = build("debian-0123456789ab", BASE, VERSION, mirror.sha256, "moby/buildkit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "its layers are compressed with zstd" in done.stderr
    assert f"runner {VERSION} for linux-" in done.stdout + done.stderr
    return IMAGE


@pytest.fixture(scope="module")
def standing(images: Buildah, image: str) -> Iterator[Container]:
    """The root file system of all containers here: to copy it takes long where buildah must."""
    with images.container(image) as made:
        yield made


@pytest.fixture
def container(standing: Container) -> Iterator[Container]:
    yield standing
    while standing.running:
        process = standing.running.pop()
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def github() -> Iterator[GitHub]:
    with GitHub(token="a token", seed=1) as server:
        yield server


@pytest.fixture
def config(github: GitHub) -> str:
    """The just-in-time config of a new runner."""
    asked = {"name": "fleet-1-1", "runner_group_id": 1, "labels": ["self-hosted"]}
    url = f"{github.url}/repos/{REPOSITORY}/actions/runners/generate-jitconfig"
    headers = {"Authorization": "Bearer a token"}
    with urllib3.PoolManager() as http:
        told: dict[str, Any] = http.request("POST", url, json=asked, headers=headers).json()
    return str(told["encoded_jit_config"])


def _ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=WAIT)
    return process.returncode, output


def _until(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return
    raise AssertionError("".join(seen))


# --- the image ------------------------------------------------------------------------------------


def test_the_image_is_started_as_the_runner_whatever_its_base(images: Buildah, image: str) -> None:
    config = images.config(image)
    assert config["Entrypoint"] == ["/opt/ecs-runner/entrypoint.sh"]
    assert not config["Cmd"]
    assert (config["User"], config["WorkingDir"]) == ("runner", "/home/runner")
    assert config["StopSignal"] == "SIGTERM"


def test_all_in_its_folder_belongs_to_the_runner(container: Container) -> None:
    home = container.root / "home" / "runner"
    owners = {(one.lstat().st_uid, one.lstat().st_gid) for one in (home, *home.rglob("*"))}
    assert owners == {container.ids("runner")}
    assert (home / "run.sh").exists()
    assert not (container.root / "elsewhere").exists()


def test_nothing_of_how_it_was_made_is_left(container: Container) -> None:
    assert list((container.root / "var/lib/apt/lists").iterdir()) == []
    assert list((container.root / "var/cache/apt").rglob("*.*")) == []
    assert list((container.root / "tmp").iterdir()) == []


def test_only_what_jobs_on_fargate_can_use_is_in_it(container: Container) -> None:
    node = container.root / "home" / "runner" / "externals"
    assert {one.name for one in node.iterdir()} == {"node20", "node24", "python"}
    assert {one.name for one in (node / "node24").iterdir()} == {"bin", "lib", "share"}
    assert not [one for one in (node / "node24" / "share").rglob("*") if one.is_file()]
    # dpkg keeps folders and links in which something that is included could be.
    documents = (container.root / "usr" / "share" / "doc" / "git").rglob("*")
    files = [one.name for one in documents if one.is_file() and not one.is_symlink()]
    assert files == ["copyright"]
    assert not list((container.root / "usr/share/man").rglob("git*"))


def test_a_changed_script_changes_small_layers_only(build: Build, image: str) -> None:
    layers = buildah.layers(build.pushed)
    assert {one["mediaType"] for one in layers} == {"application/vnd.oci.image.layer.v1.tar+zstd"}
    small = [one["size"] < 100_000 for one in layers]
    # The base; install.sh with its versions; packages; runner; scripts; their modes and links.
    assert small == [False, True, False, False, True, True]


@pytest.mark.parametrize("library", ["icuuc", "ssl", "krb5", "gssapi_krb5", "stdc++", "z"])
def test_what_dotnet_loads_is_there(container: Container, library: str) -> None:
    code, output = _ended(container.start({}, "/sbin/ldconfig", "-p", user="root"))
    assert code == 0
    assert f"lib{library}.so" in output


def test_an_archive_with_another_checksum_makes_no_image(
    build: Build, images: Buildah, image: str
) -> None:
    done = build("wrong", image, OTHER, "0" * 64)
    assert done.returncode != 0
    assert f"not {'0' * 64}: it is not what was asked for" in done.stdout + done.stderr
    assert "fleet-runner:wrong" not in images.run("images")


def test_a_base_that_has_a_runner_gets_the_one_that_was_asked_for(
    build: Build, images: Buildah, image: str, mirror: Mirror
) -> None:
    done = build("again", image, OTHER, mirror.sha256)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"runner {OTHER} for linux-" in done.stdout + done.stderr
    again = f"{IMAGE.partition(':')[0]}:again"
    assert images.config(again)["Entrypoint"] == ["/opt/ecs-runner/entrypoint.sh"]


# --- a job ----------------------------------------------------------------------------------------

STEPS = """
echo "user: $(id -un) of $(id -gn), sudo: $(sudo -n id -un)"
echo "home: $HOME, folder: $PWD, first process: $(tr '\\0' ' ' </proc/1/cmdline)"
for tool in bash curl git gzip openssl sudo tar unzip; do
  command -v "$tool" >/dev/null || echo "no $tool"
done
mkdir -p _work/repo && git init --quiet _work/repo && echo "git works"
printf '%s' "{half}" "{rest}" >config
(env; cat /proc/1/environ /proc/[0-9]*/cmdline) | grep -aqf config && echo "the config is in sight"
(sh -c 'sleep 0.2; touch over' &)
until [ -e over ]; do sleep 0.1; done
sleep 0.5
grep -l '^State:.*Z' /proc/[0-9]*/status 2>/dev/null && echo "a zombie"
echo "all done"
exit {code}
"""


@pytest.mark.parametrize(("code", "conclusion"), [(0, "success"), (3, "failure")])
def test_a_whole_job_runs_in_it(
    container: Container, github: GitHub, config: str, code: int, conclusion: str
) -> None:
    steps = STEPS.format(half=config[:40], rest=config[40:], code=code)
    job = github.actions.queue(REPOSITORY, ("self-hosted",), run=steps)
    ended, output = _ended(container.start({"RUNNER_JIT_CONFIG": config}))
    log = [line for line in output.splitlines() if line]
    assert ended == 0, output
    assert job.conclusion == conclusion
    assert github.actions.registered() == []
    told = f"octo/repo run {job.run_id} attempt 1 job build"
    begun, over = log.index(f"job-started: {told}"), log.index(f"job-completed: {told}")
    assert log[begun + 1 : over] == [
        "user: runner of runner, sudo: root",
        (
            "home: /home/runner, folder: /home/runner, first process: "
            "bash /opt/ecs-runner/entrypoint.sh --config-on-descriptor-3 "
        ),
        "git works",
        "all done",
    ]


@pytest.mark.parametrize(("busy", "ends_with"), [(False, 66), (True, 0)])
def test_told_to_stop_it_ends_in_order(
    container: Container, github: GitHub, config: str, busy: bool, ends_with: int
) -> None:
    process = container.start({"RUNNER_JIT_CONFIG": config})
    _until(process, "Listening for Jobs")
    if busy:
        job = github.actions.queue(REPOSITORY, ("self-hosted",), run="exec sleep 600")
        _until(process, "job-started:")
    container.stop(process)
    code, output = _ended(process)
    assert code == ends_with, output
    assert "told to stop; passing it on" in output
    assert ("shutdown signal" in output) is busy
    if busy:
        assert job.conclusion == "failure"
    else:
        (runner,) = github.actions.registered()
        github.actions.remove(REPOSITORY, runner.id)


def test_a_registration_that_is_removed_while_idle_is_no_job(
    container: Container, github: GitHub, config: str
) -> None:
    process = container.start({"RUNNER_JIT_CONFIG": config})
    _until(process, "Listening for Jobs")
    (runner,) = github.actions.registered()
    github.actions.remove(REPOSITORY, runner.id)
    code, output = _ended(process)
    assert code == 66, output
    assert "the runner ended without a job" in output


def test_without_a_config_the_task_says_so(container: Container) -> None:
    code, output = _ended(container.start({}))
    assert code == 64
    assert "RUNNER_JIT_CONFIG is not set" in output
