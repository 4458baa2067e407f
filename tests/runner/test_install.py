"""install.sh on played base images: which it takes, what it puts there, what it refuses and how."""

import hashlib
import io
import os
import re
import tarfile
from pathlib import Path

import pytest

from tests.runner.support import RUNNER, Machine

REAL = (
    *("bash", "cat", "chmod", "cut", "dirname", "grep", "ln", "mkdir", "mktemp", "rm", "sed", "sh"),
    *("sha256sum", "sort", "tail", "tar", "tr", "gzip"),
)
FETCH = """while [[ $1 != --output ]]; do shift; done
cat "$ECS_RUNNER_ROOT/../archive" >"$2" """
APT_CACHE = "printf '%s\\n' libicu-dev libicu72 libicu76 libicu9 libicu76-dbg"

NODE = (
    *(f"externals/{name}/bin/node" for name in ("node20", "node20_alpine", "node24_alpine")),
    *("externals/node24/bin/node", "externals/node24/lib/node_modules/npm/bin/npm-cli.js"),
    *("externals/node24/include/node/node.h", "externals/node24/LICENSE"),
    *("externals/node24/share/man/man1/node.1", "externals/node24/share/doc/node/gdbinit"),
)


def _archive(node: tuple[str, ...] = NODE) -> bytes:
    """An archive as GitHub's, as far as anybody here looks."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        program = b"#!/bin/sh\n"
        for name in ("bin/Runner.Listener", *node):
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mode = len(program), 0o755
            file.addfile(info, io.BytesIO(program))
    return packed.getvalue()


ARCHIVE = _archive()
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()
GITHUB = "https://github.com/actions/runner/releases/download"


def _pin(machine: Machine, sha256: str) -> None:
    (machine.source / "versions.env").write_text(
        f"# a comment\nRUNNER_VERSION=2.300.0\nRUNNER_SHA256_X64={sha256}\n"
        f"RUNNER_SHA256_ARM64={sha256[::-1]}\nRUNNER_DOWNLOAD_URL={GITHUB}\n"
    )


def _base(machine: Machine, manager: str | None) -> Machine:
    """A base image with that package manager."""
    (machine.root.parent / "archive").write_bytes(ARCHIVE)
    _pin(machine, SHA256)
    machine.play("uname", "echo x86_64")
    machine.play("getconf", "echo glibc 2.36")
    machine.play("id", "exit 1")
    machine.play("useradd")
    machine.play("chown")
    machine.play("curl", FETCH)
    if manager:
        machine.play(manager)
    machine.play("apt-cache", APT_CACHE)
    return machine


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    return _base(Machine(tmp_path, *REAL), None)


@pytest.fixture(params=["apt-get", "dnf"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return _base(Machine(tmp_path, *REAL), request.param)


def test_a_base_with_apt_or_dnf_becomes_a_runner(machine: Machine) -> None:
    done = machine.run("sh", "./install.sh")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        0,
        "install: runner 2.300.0 for linux-x64 is installed",
    )
    home = machine.root / "home" / "runner"
    assert os.access(home / "bin" / "Runner.Listener", os.X_OK)
    sudoers = machine.root / "etc" / "sudoers.d" / "runner"
    assert sudoers.read_text() == "runner ALL=(ALL) NOPASSWD:ALL\n"
    assert sudoers.stat().st_mode & 0o777 == 0o440
    assert machine.calls("useradd") == [
        "useradd <--create-home> <--home-dir> </home/runner> <--shell> </bin/bash> <runner>"
    ]
    assert machine.calls("chown") == [f"chown <-R> <runner:> <{home}>"]
    url = f"{GITHUB}/v2.300.0/actions-runner-linux-x64-2.300.0.tar.gz"
    assert f"<{url}>" in machine.calls("curl")[0]


def test_what_it_leaves_can_be_run_under_the_names_that_the_image_uses(machine: Machine) -> None:
    for script in machine.source.glob("*.sh"):
        script.chmod(0o644)
    machine.run("sh", "./install.sh")
    for name in ("entrypoint.sh", "job-started.sh", "job-completed.sh"):
        assert os.access(machine.source / name, os.X_OK), name


def test_apt_installs_the_newest_icu_that_the_release_has(bare: Machine) -> None:
    bare.play("apt-get")
    bare.run("sh", "./install.sh")
    update, install, clean = bare.calls("apt-get")
    assert (update, clean) == ("apt-get <update> <-qq>", "apt-get <clean>")
    assert "<libicu76>" in install
    assert {f"<{one}>" for one in ("sudo", "git", "tar", "curl")} < set(install.split())


def test_apt_leaves_out_documentation_but_no_copyright_and_only_for_its_own_packages(
    bare: Machine,
) -> None:
    bare.play("apt-get")
    lists = bare.root / "var/lib/apt/lists/main_Packages"
    lists.parent.mkdir(parents=True)
    lists.touch()
    bare.run("sh", "./install.sh", "packages")
    install = bare.calls("apt-get")[1]
    options = re.findall("<Dpkg::Options::=--path-([^>]+)>", install)
    assert options[:2] == ["exclude=/usr/share/doc/*", "include=/usr/share/doc/*/copyright"]
    assert {"exclude=/usr/share/man/*", "exclude=/usr/share/locale/*"} < set(options)
    assert not (bare.root / "etc" / "dpkg").exists()
    assert not lists.exists()


def test_dnf_leaves_out_documentation(bare: Machine) -> None:
    bare.play("dnf")
    assert bare.run("sh", "./install.sh", "packages").returncode == 0
    assert "<--nodocs>" in bare.calls("dnf")[0]


def test_a_release_without_icu_is_refused(bare: Machine) -> None:
    bare.play("apt-get")
    bare.play("apt-cache")
    done = bare.run("sh", "./install.sh")
    assert done.returncode == 1
    assert "have no libicu" in done.stderr


def test_dnf_leaves_a_curl_that_is_there_alone(bare: Machine) -> None:
    bare.play("dnf")
    assert bare.run("sh", "./install.sh").returncode == 0
    assert "<curl>" not in bare.calls("dnf")[0].split()


def test_dnf_installs_curl_where_there_is_none(bare: Machine) -> None:
    place = bare.root.parent / "bin" / "curl"
    place.rename(bare.source / "curl")
    bare.play("dnf", f"[[ $1 != install ]] || ln {bare.source}/curl {place}")
    assert bare.run("sh", "./install.sh").returncode == 0
    assert "<curl>" in bare.calls("dnf")[0].split()


def test_a_user_that_is_there_is_kept(machine: Machine) -> None:
    machine.play("id")
    assert machine.run("sh", "./install.sh").returncode == 0
    assert machine.calls("useradd") == []


def test_what_of_node_only_job_containers_or_developers_use_is_left_out(machine: Machine) -> None:
    assert machine.run("sh", "./install.sh").returncode == 0
    home = machine.root / "home" / "runner"
    left = {str(one.relative_to(home)) for one in home.glob("externals/**/*") if one.is_file()}
    assert left == {
        "externals/node20/bin/node",
        "externals/node24/bin/node",
        "externals/node24/lib/node_modules/npm/bin/npm-cli.js",
        "externals/node24/LICENSE",
    }


def test_a_runner_that_brings_no_node_is_installed_all_the_same(machine: Machine) -> None:
    archive = _archive(())
    (machine.root.parent / "archive").write_bytes(archive)
    _pin(machine, hashlib.sha256(archive).hexdigest())
    done = machine.run("sh", "./install.sh")
    assert done.returncode == 0, done.stderr
    assert not (machine.root / "home" / "runner" / "externals").exists()


def test_each_step_does_its_part_and_no_other(machine: Machine) -> None:
    listener = machine.root / "home" / "runner" / "bin" / "Runner.Listener"
    link = machine.source / "job-started.sh"
    seen = []
    for step in ("packages", "runner", "scripts"):
        assert machine.run("sh", "./install.sh", step).returncode == 0
        installed = [*machine.calls("apt-get"), *machine.calls("dnf")]
        seen.append((len(installed) > 0, listener.exists(), link.is_symlink()))
        machine.calls_file.unlink(missing_ok=True)
    assert seen == [(True, False, False), (False, True, False), (False, True, True)]


def test_an_unknown_step_is_refused(machine: Machine) -> None:
    done = machine.run("sh", "./install.sh", "package")
    assert done.returncode == 1
    assert "there is no step 'package'; allowed: packages, runner, scripts" in done.stderr


def test_an_image_with_another_package_manager_is_refused_by_naming_both(bare: Machine) -> None:
    bare.play("apk")
    done = bare.run("sh", "./install.sh")
    assert done.returncode == 1
    assert done.stderr == (
        "install: this base image has neither apt-get nor dnf; allowed: images with glibc and with "
        "apt-get or dnf, such as ubuntu, debian, amazonlinux:2023, fedora\n"
    )
    assert bare.calls("curl") == []


def test_an_image_without_glibc_is_refused(machine: Machine) -> None:
    machine.play("getconf", "exit 1")
    done = machine.run("sh", "./install.sh")
    assert done.returncode == 1
    assert "has no glibc" in done.stderr
    assert machine.calls("apt-get") + machine.calls("dnf") == []


def test_a_machine_of_another_kind_is_refused(machine: Machine) -> None:
    machine.play("uname", "echo riscv64")
    done = machine.run("sh", "./install.sh")
    assert done.returncode == 1
    assert "this machine is riscv64; allowed: x86_64, aarch64" in done.stderr


def test_each_architecture_has_its_own_archive_and_checksum(machine: Machine) -> None:
    machine.play("uname", "echo aarch64")
    _pin(machine, SHA256[::-1])  # so that arm64's is right
    done = machine.run("sh", "./install.sh")
    assert done.returncode == 0, done.stderr
    assert "actions-runner-linux-arm64-2.300.0.tar.gz>" in machine.calls("curl")[0]


def test_an_archive_with_another_checksum_is_not_unpacked(machine: Machine) -> None:
    _pin(machine, "0" * 64)
    done = machine.run("sh", "./install.sh")
    assert done.returncode == 1
    assert f"has SHA-256 {SHA256}, not {'0' * 64}" in done.stderr
    assert not (machine.root / "home" / "runner" / "bin").exists()


def test_an_archive_that_can_not_be_fetched_is_named(machine: Machine) -> None:
    machine.play("curl", "exit 22")
    done = machine.run("sh", "./install.sh")
    assert done.returncode == 1
    assert "actions-runner-linux-x64-2.300.0.tar.gz could not be fetched" in done.stderr


def test_another_runner_comes_with_its_own_checksum(machine: Machine) -> None:
    wanted = {"ECS_RUNNER_VERSION": "2.400.1", "ECS_RUNNER_SHA256": SHA256}
    done = machine.run("sh", "./install.sh", **wanted)
    assert done.returncode == 0, done.stderr
    assert "/v2.400.1/actions-runner-linux-x64-2.400.1.tar.gz>" in machine.calls("curl")[0]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"VERSION": "2.400.1"}, "RUNNER_SHA256 is ''; runner 2.400.1 needs the SHA-256"),
        ({"VERSION": "latest"}, "RUNNER_VERSION is 'latest'; allowed: three numbers, such"),
        ({"VERSION": "1.2.3\n1.2.3"}, "RUNNER_VERSION is '1.2.3\n1.2.3'; allowed: three numbers"),
        ({"SHA256": "abc"}, "RUNNER_SHA256 is 'abc'; runner 2.300.0 needs the SHA-256"),
    ],
)
def test_a_runner_that_is_not_pinned_is_refused_before_anything_is_installed(
    machine: Machine, wanted: dict[str, str], said: str
) -> None:
    given = {f"ECS_RUNNER_{name}": value for name, value in wanted.items()}
    done = machine.run("sh", "./install.sh", **given)
    assert done.returncode == 1
    assert said in done.stderr
    assert machine.calls("curl") + machine.calls("apt-get") + machine.calls("dnf") == []


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("https://mirror.example/artifactory/actions-runner", "https"),
        ("https://mirror.example:8443", "https"),
        ("http://127.0.0.1:8000/runners", "http"),
        ("http://localhost", "http"),
    ],
)
def test_a_mirror_can_take_the_place_of_github(machine: Machine, url: str, protocol: str) -> None:
    done = machine.run("sh", "./install.sh", ECS_RUNNER_DOWNLOAD_URL=url)
    assert done.returncode == 0, done.stderr
    (call,) = machine.calls("curl")
    assert call.endswith(f" <{url}/v2.300.0/actions-runner-linux-x64-2.300.0.tar.gz>")
    assert f" <--proto> <={protocol}> <--proto-redir> <=https> " in call


@pytest.mark.parametrize(
    "url",
    [
        "http://mirror.example",
        "http://127.0.0.1.mirror.example",
        "https://user:word@mirror.example",
        "https://mirror.example/?token=secret",
        "https://mirror.example/",
        "file:///etc",
        "https://mirror.example\nhttps://mirror.example",
        "https://mirror.example/a b",
    ],
)
def test_a_mirror_without_https_or_with_a_credential_is_refused(machine: Machine, url: str) -> None:
    done = machine.run("sh", "./install.sh", ECS_RUNNER_DOWNLOAD_URL=url)
    assert done.returncode == 1
    assert f"RUNNER_DOWNLOAD_URL is '{url}'; allowed: https://host" in done.stderr
    assert machine.calls("curl") + machine.calls("apt-get") + machine.calls("dnf") == []


def test_what_a_base_image_has_in_its_own_environment_is_not_taken_for_an_argument(
    machine: Machine, tmp_path: Path
) -> None:
    base = {"ROOT": str(tmp_path / "elsewhere"), "RUNNER_VERSION": "1.0.0", "RUNNER_SHA256": "0"}
    done = machine.run("sh", "./install.sh", **base)
    assert done.returncode == 0, done.stderr
    assert "runner 2.300.0 for linux-x64" in done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_runner_that_the_base_has_is_replaced(machine: Machine) -> None:
    stale = machine.root / "home" / "runner" / "bin" / "Runner.Old.dll"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert machine.run("sh", "./install.sh").returncode == 0
    assert [one.name for one in stale.parent.iterdir()] == ["Runner.Listener"]


def test_the_pinned_runner_has_a_checksum_for_each_architecture() -> None:
    lines = (RUNNER / "versions.env").read_text().splitlines()
    pinned = dict(line.split("=") for line in lines if not line.startswith("#"))
    assert [len(bytes.fromhex(pinned[f"RUNNER_SHA256_{one}"])) for one in ("X64", "ARM64")] == [
        32,
        32,
    ]
    assert pinned["RUNNER_VERSION"].count(".") == 2
