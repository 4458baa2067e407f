"""The wheel: what is in it, and that `ecsrunner` runs on it with the declared dependencies alone.

It is installed without a network, as `pipx` and `uv tool` do with one: in an environment of its
own, into which the distributions that it requires are linked from the one that runs the tests.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli.commands.catalogue import COMMANDS

pytestmark = pytest.mark.slow(file=True, seconds=15)

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "shared")
_METADATA = ("pyproject.toml", "README.md", "LICENSE")
_IMPORT_ALL = """
import importlib, pkgutil
import cli
for module in pkgutil.walk_packages(cli.__path__, "cli."):
    if module.name != "cli.__main__":
        importlib.import_module(module.name)
"""
_WHAT_IS_THERE = """
from importlib.util import find_spec
import cli
print(cli.__file__)
print(*filter(find_spec, ["pytest", "moto", "local", "tests", "benchmarks", "functions"]))
"""
_READ_DATA = """
from pathlib import Path
from cli.analysis.prices import own_prices
from cli.pages import script
from cli.whatif.changes import read_changes
assert own_prices()
assert "class Page" in script("timeline")
policy = Path("policy.yaml")
policy.write_text("max_runners: 5")
assert read_changes(policy).max_runners == 5
"""


class Installed:
    """An environment with the wheel and what it requires, and nothing else."""

    def __init__(self, directory: Path, wheel: Path) -> None:
        self.home, self.bin = directory, directory / "bin"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
        pip = [sys.executable, "-m", "pip", "--python", self.bin / "python"]
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
        subprocess.run([*pip, "install", *options, wheel], check=True)
        (site,) = directory.glob("lib/python*/site-packages")
        (metadata,) = site.glob("ecs_runner_fleet-*.dist-info")
        for one in _required_by(PathDistribution(metadata)):
            _link(one, site)

    def run(self, program: str, *words: str) -> Any:
        """Run a program of the environment, outside of the project and without its variables."""
        return subprocess.run(
            [self.bin / program, *words],
            env={"PATH": os.defpath, "HOME": str(self.home), "COLUMNS": "80"},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def python(self, code: str) -> str:
        """Run Python code; what it prints."""
        done = self.run("python", "-c", code)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)


def _required_by(root: Distribution) -> list[Distribution]:
    """Return the distributions that one requires, with those that they require."""
    found: dict[str, Distribution] = {}
    wanted = [(root, "")]
    while wanted:
        of, extra = wanted.pop()
        for requirement in map(Requirement, of.requires or ()):
            name = canonicalize_name(requirement.name)
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
            if applies and (name not in found or requirement.extras):
                found[name] = distribution(requirement.name)
                wanted += [(found[name], one) for one in ("", *requirement.extras)]
    return list(found.values())


def _link(one: Distribution, site: Path) -> None:
    """Link what a distribution has installed into another environment."""
    for name in {file.parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
        (site / name).symlink_to(Path(str(one.locate_file(name))))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree. The build writes into a copy, which has all Python packages."""
    copy = tmp_path_factory.mktemp("project") / "copy"
    copy.mkdir()
    for name in _METADATA:
        shutil.copy(PROJECT / name, copy)
    for package in PROJECT.glob("*/"):
        if package.name.isidentifier() and package.name != "build":
            ignored = shutil.ignore_patterns("__pycache__", "node_modules", ".*")
            shutil.copytree(package, copy / package.name, ignore=ignored)
    out = copy.parent / "out"
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", out]
    subprocess.run([*pip, *options, copy], check=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_has_every_file_of_its_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    files = {
        str(file.relative_to(PROJECT))
        for package in PACKAGES
        for file in (PROJECT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert names == files


def test_it_runs_without_what_only_the_development_needs(installed: Installed) -> None:
    place, *others = installed.python(_WHAT_IS_THERE).splitlines()
    assert Path(place).is_relative_to(installed.home)
    assert others == [""]


def test_every_module_of_the_cli_can_be_imported_and_its_data_read(installed: Installed) -> None:
    installed.python(_IMPORT_ALL)
    installed.python(_READ_DATA)


def test_the_help_lists_every_command(installed: Installed) -> None:
    done = installed.run("ecsrunner", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(installed: Installed, command: str) -> None:
    done = installed.run("ecsrunner", command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: ecsrunner {command}")
