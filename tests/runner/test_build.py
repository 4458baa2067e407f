"""build.sh with played docker and aws: what it calls, what it refuses before it calls anybody."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bundles import archive
from bundles.runner import runner
from cli.image_sizes import PULL_BYTES_PER_SECOND
from shared.domain.image.naming import refusal
from shared.domain.policy import Images
from tests.runner.support import RUNNER, Machine, Ran, decisions

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fleet-runner"
GIVEN = {
    "IMAGE_TAG": "ubuntu-24.04-0123456789ab",
    "BASE_IMAGE": "public.ecr.aws/ubuntu/ubuntu:24.04",
    "REPOSITORY_URI": REPOSITORY,
}
IMAGE = f"{REPOSITORY}:{GIVEN['IMAGE_TAG']}"
BUILDKIT = "mirror.example:5000/moby/buildkit:v0.99.0"
WITH_BUILDKIT = {**GIVEN, "BUILDKIT_IMAGE": BUILDKIT}
"""Of the builder's image; without it Docker builds."""
CREATE = (
    "docker <buildx> <create> <--name> <runner-image> <--driver> <docker-container> "
    f"<--driver-opt> <image={BUILDKIT}> <--bootstrap>"
)
AWS = """case "$1 $2" in
  "ecr describe-images")
    [[ $* != *imageSizeInBytes* ]] || echo "${SIZE:-None}"
    [[ -e $CALLS.there ]] ;;
  "ecr get-login-password") echo "the password" ;;
esac"""
DOCKER = """pushed() { [[ ! -e $CALLS.refused ]] || { touch "$CALLS.there"; exit 1; }; }
case "$1 $2" in
  login*) cat >"$CALLS.password" ;;
  push*) pushed ;;
  "buildx create") [[ ! -e $CALLS.unreachable ]] || { echo toomanyrequests >&2; exit 1; } ;;
  "buildx build") pushed ;;
esac"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path, "bash", "dirname", "cat", "touch", "timeout", "sleep")
    made.play("aws", AWS)
    made.play("docker", DOCKER)
    return made


def _touch(machine: Machine, name: str) -> None:
    machine.calls_file.with_name(f"calls.{name}").touch()


def _builds(machine: Machine) -> list[str]:
    """The calls that build or push something, without the login."""
    return [call for call in machine.calls("docker") if not call.startswith("docker <login>")]


def test_an_image_is_built_from_the_base_and_pushed_under_its_tag(machine: Machine) -> None:
    done = machine.run("./build.sh", **GIVEN)
    assert done.returncode == 0, done.stderr
    assert machine.calls("docker") == [
        (
            "docker <login> <--username> <AWS> <--password-stdin> "
            "<123456789012.dkr.ecr.eu-west-1.amazonaws.com>"
        ),
        (
            f"docker <build> <--tag> <{IMAGE}> <--pull> "
            f"<--build-arg> <BASE_IMAGE={GIVEN['BASE_IMAGE']}> "
            "<--build-arg> <ECS_RUNNER_VERSION=> <--build-arg> <ECS_RUNNER_SHA256=> "
            "<--build-arg> <ECS_RUNNER_DOWNLOAD_URL=> <.>"
        ),
        f"docker <push> <{IMAGE}>",
    ]
    assert machine.calls("aws") == [
        (
            "aws <ecr> <describe-images> <--region> <eu-west-1> <--registry-id> <123456789012> "
            "<--repository-name> <fleet-runner> <--image-ids> <imageTag=ubuntu-24.04-0123456789ab> "
            "<--output> <text>"
        ),
        "aws <ecr> <get-login-password> <--region> <eu-west-1>",
        (
            "aws <ecr> <describe-images> <--region> <eu-west-1> <--registry-id> <123456789012> "
            "<--repository-name> <fleet-runner> <--image-ids> <imageTag=ubuntu-24.04-0123456789ab> "
            "<--output> <text> <--query> <imageDetails[0].imageSizeInBytes>"
        ),
    ]
    password = machine.calls_file.with_name("calls.password").read_text()
    assert password == "the password\n"


def test_buildkit_compresses_with_zstd_and_pushes_what_it_builds(machine: Machine) -> None:
    done = machine.run("./build.sh", **WITH_BUILDKIT)
    assert done.returncode == 0, done.stderr
    assert _builds(machine) == [
        CREATE,
        (
            "docker <buildx> <build> <--builder> <runner-image> <--provenance=false> <--output> "
            f"<type=image,name={IMAGE},push=true,oci-mediatypes=true,"
            "compression=zstd,compression-level=9,force-compression=true> <--pull> "
            f"<--build-arg> <BASE_IMAGE={GIVEN['BASE_IMAGE']}> "
            "<--build-arg> <ECS_RUNNER_VERSION=> <--build-arg> <ECS_RUNNER_SHA256=> "
            "<--build-arg> <ECS_RUNNER_DOWNLOAD_URL=> <.>"
        ),
    ]
    assert "build: buildkit builds the image; its layers are compressed with zstd\n" in done.stderr
    assert f"build: {IMAGE} is built from {GIVEN['BASE_IMAGE']}\n" in done.stderr


def test_docker_builds_with_gzip_and_says_so_if_buildkit_does_not_start(machine: Machine) -> None:
    _touch(machine, "unreachable")
    done = machine.run("./build.sh", **WITH_BUILDKIT)
    assert done.returncode == 0, done.stderr
    create, build, push = _builds(machine)
    assert create == CREATE
    assert build.startswith(f"docker <build> <--tag> <{IMAGE}> <--pull> ")
    assert push == f"docker <push> <{IMAGE}>"
    assert done.stderr.splitlines()[:3] == [
        "toomanyrequests",
        f"build: BuildKit does not start from {BUILDKIT}",
        "build: docker builds the image; its layers are compressed with gzip",
    ]


def test_docker_builds_if_buildkit_does_not_start_in_time(machine: Machine) -> None:
    script = machine.source / "build.sh"
    text, changed = re.subn("BOOT_SECONDS=[0-9]+", "BOOT_SECONDS=0.2", script.read_text())
    assert changed == 1
    script.write_text(text)
    machine.play("docker", f"{DOCKER}\n[[ $2 != create ]] || exec sleep 60")
    done = machine.run("./build.sh", **WITH_BUILDKIT)
    assert done.returncode == 0, done.stderr
    assert f"docker <push> <{IMAGE}>" in machine.calls("docker")


def test_a_build_that_fails_in_buildkit_is_not_repeated_with_docker(machine: Machine) -> None:
    machine.play("docker", f'{DOCKER}\n[[ "$1 $2" != "buildx build" ]] || exit 1')
    done = machine.run("./build.sh", **WITH_BUILDKIT)
    assert done.returncode == 1
    assert "is built" not in done.stderr
    assert [call.split(" <--")[0] for call in _builds(machine)] == [
        "docker <buildx> <create>",
        "docker <buildx> <build>",
    ]


def test_a_failed_build_is_one_although_another_has_pushed_the_tag(machine: Machine) -> None:
    machine.play("docker", f'{DOCKER}\n[[ $1 != build ]] || {{ touch "$CALLS.there"; exit 4; }}')
    done = machine.run("./build.sh", **GIVEN)
    assert done.returncode == 4
    assert "another build" not in done.stderr


@pytest.mark.parametrize(
    ("answer", "is_there", "said"),
    [("412345678", True, True), ("None", True, False), ("412345678", False, False)],
)
def test_the_size_of_the_image_is_told_if_it_is_known(
    machine: Machine, answer: str, is_there: bool, said: bool
) -> None:
    machine.play(
        "docker", f'{DOCKER}\n[[ $1 != push ]] || touch "$CALLS.{"there" if is_there else "x"}"'
    )
    done = machine.run("./build.sh", **GIVEN, SIZE=answer)
    assert done.returncode == 0
    told = "build: it has 412 MB, compressed; a task pulls it in about 41 s\n"
    assert (told in done.stderr) is said


def test_the_build_and_the_command_line_assume_the_same_rate_of_a_pull() -> None:
    (rate,) = re.findall(r"PULL_MB_PER_SECOND=(\d+)", (RUNNER / "build.sh").read_text())
    assert int(rate) * 1_000_000 == PULL_BYTES_PER_SECOND


def test_another_runner_is_passed_on_to_the_build(machine: Machine) -> None:
    machine.run("./build.sh", **GIVEN, RUNNER_VERSION="2.400.1", RUNNER_SHA256="0" * 64)
    build = machine.calls("docker")[1]
    assert "<ECS_RUNNER_VERSION=2.400.1>" in build
    assert f"<ECS_RUNNER_SHA256={'0' * 64}>" in build


def test_a_mirror_is_passed_on_to_the_build(machine: Machine) -> None:
    machine.run("./build.sh", **GIVEN, RUNNER_DOWNLOAD_URL="https://mirror.example/runners")
    url = "<ECS_RUNNER_DOWNLOAD_URL=https://mirror.example/runners>"
    assert url in machine.calls("docker")[1]


def test_the_pinned_checksum_is_left_to_the_recipe(machine: Machine) -> None:
    machine.run("./build.sh", **GIVEN, RUNNER_VERSION="2.338.0", RUNNER_SHA256="pinned")
    passed_on = "<ECS_RUNNER_VERSION=2.338.0> <--build-arg> <ECS_RUNNER_SHA256=>"
    assert passed_on in machine.calls("docker")[1]


def test_an_image_that_is_there_is_not_built_again(machine: Machine) -> None:
    _touch(machine, "there")
    done = machine.run("./build.sh", **GIVEN)
    assert done.returncode == 0
    assert "is there already" in done.stderr
    assert machine.calls("docker") == []


@pytest.mark.parametrize("given", [GIVEN, WITH_BUILDKIT], ids=["docker", "buildkit"])
def test_a_push_that_another_build_forestalled_is_no_failure(
    machine: Machine, given: dict[str, str]
) -> None:
    _touch(machine, "refused")
    done = machine.run("./build.sh", **given)
    assert done.returncode == 0
    assert "another build has pushed" in done.stderr


@pytest.mark.parametrize("failing", ["login", "build", "push"])
def test_a_failure_of_docker_is_one_of_the_build(machine: Machine, failing: str) -> None:
    machine.play("docker", f'[[ $1 != {failing} ]] || exit 3; [[ $1 != login ]] || cat >"$CALLS.x"')
    done = machine.run("./build.sh", **GIVEN)
    assert done.returncode != 0
    assert "is built" not in done.stderr
    assert f"docker <{failing}>" in machine.calls("docker")[-1]


def test_a_refused_login_ends_the_build(machine: Machine) -> None:
    machine.play("aws", '[[ "$2" != get-login-password ]] || exit 255; false')
    assert machine.run("./build.sh", **GIVEN).returncode != 0
    assert not any("<build>" in call for call in machine.calls("docker"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAGE_TAG", ""),
        ("IMAGE_TAG", "Upper"),
        ("IMAGE_TAG", "-first"),
        ("IMAGE_TAG", "two words"),
        ("IMAGE_TAG", "a" * 121),
        ("IMAGE_TAG", "tag\nmore"),
        ("BASE_IMAGE", ""),
        ("BASE_IMAGE", "ubuntu:24.04; touch $CALLS.hacked"),
        ("BASE_IMAGE", "$(touch $CALLS.hacked)"),
        ("BASE_IMAGE", "ubuntu\n--privileged"),
        ("BASE_IMAGE", "--network=host"),
        ("BUILDKIT_IMAGE", "moby/buildkit,network=host"),
        ("BUILDKIT_IMAGE", "--driver=remote"),
        ("REPOSITORY_URI", ""),
        ("REPOSITORY_URI", "docker.io/somebody/else"),
        ("REPOSITORY_URI", f"{REPOSITORY}:tag"),
    ],
)
def test_a_wrong_variable_is_named_and_nobody_is_called(
    machine: Machine, name: str, value: str
) -> None:
    done = machine.run("./build.sh", **{**GIVEN, name: value})
    assert done.returncode == 64
    assert done.stderr.startswith(f"build: {name} is '{value}'; allowed: ")
    assert not machine.calls_file.exists()
    assert not machine.calls_file.with_name("calls.hacked").exists()


_ALPHABET = "az09AZ._-:/@ \n$"
_REFERENCES = st.from_regex(
    r"\A([a-z0-9.:-]{1,6}/){0,2}[a-z0-9._-]{1,6}(:[A-Za-z0-9._-]{0,5})?\Z"
) | st.text(_ALPHABET, min_size=1, max_size=12)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(base=_REFERENCES)
@example(base=f"{'a' * 255}:x")
@example(base="a" * 256)
@example(base="host:5000/a/b@sha256:" + "0" * 64)
@example(base="é")
def test_it_takes_exactly_the_bases_that_the_domain_takes(machine: Machine, base: str) -> None:
    allowed = refusal(base, Images(allowed=(base,), default_base="a", revision="r")) is None
    done = machine.run("./build.sh", **{**GIVEN, "BASE_IMAGE": base})
    assert done.returncode == (0 if allowed else 64), base


@dataclass(frozen=True)
class Way:
    """A way through the script: what is given to it, and how the others behave."""

    given: dict[str, str]
    there: bool = False
    docker: str = DOCKER
    aws: str = AWS
    code: int = 0


REFUSED = DOCKER.replace("[[ ! -e $CALLS.refused ]] ||", "")
UNREACHABLE = DOCKER.replace("[[ ! -e $CALLS.unreachable ]] ||", "")
WAYS = {
    "all goes well": Way(GIVEN),
    "the checksum is pinned": Way({**GIVEN, "RUNNER_SHA256": "pinned"}),
    "the image is there": Way(GIVEN, there=True),
    "no tag": Way({**GIVEN, "IMAGE_TAG": ""}, code=64),
    "no base": Way({**GIVEN, "BASE_IMAGE": ""}, code=64),
    "a base with too long a name": Way({**GIVEN, "BASE_IMAGE": "a" * 256}, code=64),
    "no repository": Way({**GIVEN, "REPOSITORY_URI": ""}, code=64),
    "the password is refused": Way(
        GIVEN, aws="[[ $2 != get-login-password ]] || exit 9; false", code=9
    ),
    "the login is refused": Way(
        GIVEN, docker='[[ $1 != login ]] || exit 3; cat >"$CALLS.x"', code=3
    ),
    "the build fails": Way(GIVEN, docker='[[ $1 != build ]] || exit 4; cat >"$CALLS.x"', code=4),
    "the push is refused": Way(
        GIVEN, docker="case $1 in login) cat >$CALLS.x ;; push) false ;; esac", code=1
    ),
    "another build was faster": Way(GIVEN, docker=REFUSED),
    "BuildKit builds": Way(WITH_BUILDKIT),
    "BuildKit does not start": Way(WITH_BUILDKIT, docker=UNREACHABLE),
    "BuildKit's image has no name": Way({**GIVEN, "BUILDKIT_IMAGE": ":latest"}, code=64),
    "the size is known": Way({**GIVEN, "SIZE": "412345678"}, docker=REFUSED),
}


def _taken(machine: Machine, way: Way) -> tuple[int, set[Ran]]:
    """The exit code on that way, and every command that the script ran."""
    for name in ("there", "trace"):
        machine.calls_file.with_name(f"calls.{name}").unlink(missing_ok=True)
    if way.there:
        _touch(machine, "there")
    machine.play("aws", way.aws)
    machine.play("docker", way.docker)
    return machine.trace("build.sh", **way.given)


@pytest.mark.parametrize("name", WAYS)
def test_each_way_through_the_script_ends_as_it_should(machine: Machine, name: str) -> None:
    assert _taken(machine, WAYS[name])[0] == WAYS[name].code


def test_these_ways_take_every_branch_of_the_script(machine: Machine) -> None:
    ran = [_taken(machine, way)[1] for way in WAYS.values()]
    branches = decisions(RUNNER / "build.sh")
    assert len(branches) == 13
    for line, guarded in branches:
        reached = [commands for commands in ran if any(one.line == line for one in commands)]
        taken = {guarded in commands for commands in reached}
        assert taken == {True, False}, f"build.sh:{line}: {guarded.command} {taken}"


def test_codebuild_runs_it_in_the_unpacked_zip_and_is_given_no_credential(
    machine: Machine, tmp_path: Path
) -> None:
    spec = yaml.safe_load((RUNNER / "buildspec.yml").read_text())
    assert set(spec) == {"version", "env", "phases"}
    assert spec["env"] == {"shell": "bash"}
    for name, content in runner(RUNNER.parent).items():  # CodeBuild may lose the modes
        (machine.source / name).write_bytes(content)
        (machine.source / name).chmod(0o644)
    for command in spec["phases"]["build"]["commands"]:
        done = machine.run("bash", "-c", command, **GIVEN)
        assert done.returncode == 0, done.stderr
    assert f"docker <push> <{IMAGE}>" in machine.calls("docker")
    assert archive.write(tmp_path / "x.zip", runner(RUNNER.parent)).size < 100_000


def test_the_dockerfile_takes_every_argument_that_the_build_gives() -> None:
    arguments = re.findall(r"^ARG (\w+)", (RUNNER / "Dockerfile").read_text(), re.MULTILINE)
    given = re.findall(r'--build-arg "(\w+)=', (RUNNER / "build.sh").read_text())
    names = ("VERSION", "SHA256", "DOWNLOAD_URL")
    assert arguments == given == ["BASE_IMAGE", *(f"ECS_RUNNER_{name}" for name in names)]


BUILD_ONLY = ("build.sh", "buildspec.yml")


def test_what_changes_often_comes_after_the_large_layers() -> None:
    steps = re.findall(r"^(COPY|RUN) (.+?)(?: /opt/ecs-runner/)?$", _dockerfile(), re.MULTILINE)
    script = '["/bin/sh", "/opt/ecs-runner/install.sh", "{}"]'
    assert steps == [
        ("COPY", "install.sh versions.env"),
        ("RUN", script.format("packages")),
        ("RUN", script.format("runner")),
        ("COPY", "entrypoint.sh job-hook.sh"),
        ("RUN", script.format("scripts")),
    ]


def test_the_dockerfile_copies_files_that_there_are() -> None:
    copied = re.findall(r"^COPY (.+) /opt/ecs-runner/$", _dockerfile(), re.MULTILINE)
    files = {name for names in copied for name in names.split()}
    assert files == {one.name for one in RUNNER.iterdir()} - {"Dockerfile", *BUILD_ONLY}
    assert 'ENTRYPOINT ["/opt/ecs-runner/entrypoint.sh"]' in _dockerfile().splitlines()


def _dockerfile() -> str:
    return (RUNNER / "Dockerfile").read_text()
