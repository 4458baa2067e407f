"""`python -m bundles`: the same bytes from every place, and what is in them."""

import importlib.util
import re
import sys
import zipfile
from pathlib import Path

import pytest

from bundles.bytecode import interpreter
from bundles.layer import ROOTS, layer
from bundles.target import TARGETS
from tests.support.zips import PROJECT, build, checkout

ZIPS = [
    "functions/ingest.zip",
    "functions/janitor.zip",
    "functions/outbox.zip",
    "functions/reconciler.zip",
    "functions/scheduler.zip",
    "layer.zip",
    "runner.zip",
]
TAG = sys.implementation.cache_tag
AARCH64 = 0xB7
"""Where an ELF file tells its machine. Source: elf(5), EM_AARCH64."""
UNCHECKED = (1).to_bytes(4, "little")
"""The flags of bytecode that is never checked against its source. Source: PEP 552."""


def _names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as file:
        return file.namelist()


def _content(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as file:
        return file.read(name)


def test_two_builds_in_different_places_have_the_same_hashes(built: Path, tmp_path: Path) -> None:
    copy = checkout(tmp_path / "some" / "where else")
    for source in copy.rglob("*.py"):
        source.touch()
    done = build(copy, "--for", "local", "--out", str(tmp_path / "out"), TZ="Asia/Tokyo")
    assert done.returncode == 0, done.stderr
    lines = re.findall(r"^([0-9a-f]{64}) +\d+\.\d\d MiB  (.+)$", done.stdout, re.MULTILINE)
    assert [Path(path).relative_to(tmp_path / "out").as_posix() for _, path in lines] == ZIPS
    for name in ZIPS:
        assert (built / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


@pytest.mark.parametrize("name", ["ingest", "janitor", "outbox", "reconciler", "scheduler"])
def test_a_zip_holds_its_function_and_what_is_shared_and_nothing_else(
    built: Path, name: str
) -> None:
    names = _names(built / "functions" / f"{name}.zip")
    tops = {"/".join(one.split("/")[:2]) for one in names if not one.startswith("shared/")}
    assert tops == {"functions/__init__.py", "functions/__pycache__", f"functions/{name}"}
    sources = {
        one.relative_to(PROJECT).as_posix()
        for room in (f"functions/{name}", "shared")
        for one in (PROJECT / room).rglob("*.py")
    }
    assert {one for one in names if one.endswith(".py")} == {*sources, "functions/__init__.py"}
    assert {one.rpartition(".")[2] for one in names} == {"py", "pyc"}


@pytest.mark.parametrize("name", ["functions/ingest.zip", "layer.zip"])
def test_every_module_has_bytecode_that_python_takes_without_a_look_at_the_source(
    built: Path, name: str
) -> None:
    with zipfile.ZipFile(built / name) as file:
        names = set(file.namelist())
        for source in (one for one in names if one.endswith(".py")):
            head, _, module = source.rpartition("/")
            compiled = f"{head}/__pycache__/{module.removesuffix('.py')}.{TAG}.pyc".lstrip("/")
            assert compiled in names
            assert file.read(compiled)[:8] == importlib.util.MAGIC_NUMBER + UNCHECKED


def test_bytecode_names_the_place_where_lambda_unpacks_it(built: Path) -> None:
    compiled = f"functions/ingest/__pycache__/handler.{TAG}.pyc"
    content = _content(built / "functions" / "ingest.zip", compiled)
    assert b"/var/task/functions/ingest/handler.py" in content
    assert b"a copy" not in content


def test_the_layer_has_data_of_the_used_services_alone(built: Path) -> None:
    data = "python/botocore/data/"
    found = {one.removeprefix(data) for one in _names(built / "layer.zip") if data in one}
    services = {one.partition("/")[0] for one in found if "/" in one}
    expected = {"codebuild", "dynamodb", "ecr", "ecs", "events", "s3", "sqs", "ssm"}
    assert services == expected
    assert {"endpoints.json", "partitions.json", "_retry.json"} <= found


def test_the_layer_has_a_short_list_of_roots(built: Path) -> None:
    assert _content(built / "layer.zip", ROOTS).count(b"BEGIN CERTIFICATE") == 5


def test_the_runner_images_source_is_all_of_its_room_at_the_top(built: Path) -> None:
    files = [one for one in (PROJECT / "runner").rglob("*") if one.is_file()]
    assert _names(built / "runner.zip") == sorted(
        one.relative_to(PROJECT / "runner").as_posix() for one in files
    )


def test_the_layer_for_lambda_has_wheels_of_its_architecture_and_python() -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    entries = layer(
        PROJECT, TARGETS["arm64"], interpreter(here)
    )  # compiled by whom does not matter
    native = {one: content for one, content in entries.items() if one.endswith(".so")}
    assert len(native) >= 3
    for one, content in native.items():
        assert content[18] == AARCH64, one
        assert ".cpython-313-" in one or ".abi3." in one, one


def test_an_index_out_of_reach_is_told_as_that(tmp_path: Path) -> None:
    unreachable = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    done = build(checkout(tmp_path / "copy"), "--for", "local", **unreachable)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith("Error: pip could not install run.txt for this machine and Python")
    assert "It needs a package index" in said
    assert "No matching distribution found" in said
    assert "Traceback" not in done.stderr


def test_an_unknown_architecture_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = build(PROJECT, "--for", "riscv", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "'riscv' is not one of 'arm64', 'x86_64', 'local'" in done.stderr
