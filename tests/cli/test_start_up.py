"""What `ecsrunner` imports before it has something to do, and what the help has without imports."""

import subprocess
import sys
from pathlib import Path

import pytest
from click import Context

from cli.commands.catalogue import COMMANDS
from cli.lazy import Lazy, LazyGroup
from cli.main import main
from tests.cli.support import run

PROJECT = Path(__file__).parents[2]
HEAVY = (
    "boto3",
    "botocore",
    "rich",
    "pydantic",
    "msgspec",
    "urllib3",
    "yaml",
    "aws_lambda_powertools",
)


def _imported(*words: str) -> set[str]:
    """The modules that a process of `ecsrunner` has imported when it ends."""
    code = (
        "import sys\n"
        "from cli.entry import main\n"
        "sys.argv = ['ecsrunner', *sys.argv[1:]]\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    return set(done.stderr.split())


@pytest.mark.parametrize("words", ["--help", "--version"])
def test_the_help_imports_no_command_and_nothing_that_is_slow(words: str) -> None:
    imported = _imported(words)
    assert imported & {"cli.main"}, "the list of modules is complete"
    assert imported & set(HEAVY) == set()
    assert imported & {one.module for one in COMMANDS.values()} == set()


def test_yaml_is_imported_once_there_is_a_file_to_read() -> None:
    imported = _imported("replay", "what-if", "--help")
    assert "cli.whatif.changes_file" in imported
    assert "yaml" not in imported


def test_the_help_of_a_command_does_not_import_the_clients_of_aws() -> None:
    imported = _imported("runners", "--help")
    assert "cli.commands.runners" in imported
    assert imported & {"boto3", "botocore", "pydantic", "cli.doctor.catalogue"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_shows_of_each_command_what_its_own_help_begins_with(name: str) -> None:
    command = COMMANDS[name].load()
    assert command.name == name
    assert COMMANDS[name].help == command.get_short_help_str(limit=1000)
    assert f"  {name}  " in run(None, "--help").stdout


def test_the_commands_are_listed_in_order() -> None:
    assert isinstance(main, LazyGroup)
    names = main.list_commands(Context(main))
    assert names == sorted(COMMANDS)


def test_a_command_that_there_is_not_is_refused() -> None:
    result = run(None, "runner", "list")
    assert result.exit_code == 2
    assert "No such command 'runner'" in result.stderr


def test_a_lazy_group_lists_what_was_added_to_it_beside_what_it_imports_later() -> None:
    group = LazyGroup("group", lazy={"late": Lazy("no.such.module", "late", "Comes late.")})

    @group.command()
    def early() -> None:
        """Come early."""

    text = group.get_help(Context(group))
    assert text.splitlines()[-2:] == ["  early  Come early.", "  late   Comes late."]
