"""What the documents tell a reader to type or to open is there: commands, variables, files."""

import html
import re
from pathlib import Path

import click
import pytest

from cli.main import main
from shared.domain import labels

PROJECT = Path(__file__).resolve().parents[2]
INSTALL = PROJECT / "docs" / "install.md"
DOCUMENTS = sorted(
    path
    for room in ("*", "docs/**/*", "local/**/*", "terraform/**/*")
    for path in PROJECT.glob(f"{room}.md")
)
_CODE = re.compile(r"```.*?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_FILE = re.compile(r"(?:[\w.-]+/)+[\w.-]*")
"""A path with a slash, as the documents write them in backquotes."""

in_each = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT))
)


def _code(document: Path) -> list[str]:
    """All that stands as code, in blocks or in lines."""
    return [block or line for block, line in _CODE.findall(document.read_text())]


def _commands(document: Path, program: str) -> list[list[str]]:
    """The words after `program` of each of its calls."""
    calls = re.compile(rf"(?:^|[\s$/]){program}((?: +[\w=:.${{}}-]+)*)", re.MULTILINE)
    return [words.split() for code in _code(document) for words in calls.findall(code)]


@in_each
def test_every_link_leads_somewhere(document: Path) -> None:
    links = _LINK.findall(document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_every_file_that_is_named_is_there(name: str) -> None:
    """From the project's root on, or from the room that is spoken of."""
    named = [text.rstrip("/") for text in _code(PROJECT / name) if _FILE.fullmatch(text)]
    assert len(named) > 3
    rooms = [path for path in PROJECT.iterdir() if path.is_dir() and path.name[0] != "."]
    there = [f"/{path.relative_to(PROJECT)}" for room in rooms for path in (room, *room.rglob("*"))]
    assert [path for path in named if not any(one.endswith(f"/{path}") for one in there)] == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_no_cell_of_a_table_is_too_long_to_be_read_at_a_glance(name: str) -> None:
    rows = [line for line in (PROJECT / name).read_text().splitlines() if line.startswith("|")]
    cells = [cell.strip() for row in rows for cell in row.strip("|").split("|")]
    assert [cell for cell in cells if len(cell) > 160] == []


def test_the_drawing_of_the_architecture_has_what_its_source_has() -> None:
    source = (PROJECT / "docs" / "architecture.dot").read_text()
    drawing = html.unescape((PROJECT / "docs" / "architecture.svg").read_text())
    lines = [
        line for label in re.findall(r'label="([^"]+)"', source) for line in label.split("\\n")
    ]
    assert len(lines) > 15
    assert [line for line in lines if f">{line}<" not in drawing] == [], "run: make diagrams"


@in_each
def test_every_target_of_make_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    asked = {words[0] for words in _commands(document, "make") if words}
    assert asked - targets == set()


def _without_global_options(words: list[str]) -> list[str]:
    """The words from the command on: each global option has a value."""
    while words and words[0] in {option for one in main.params for option in one.opts}:
        words = words[2:]
    return words


@in_each
def test_every_command_of_ecsrunner_is_there(document: Path) -> None:
    for words in _commands(document, "ecsrunner"):
        command: click.Command = main
        context = click.Context(main, resilient_parsing=True)
        for word in _without_global_options(words):
            if not isinstance(command, click.Group) or word.startswith("--"):
                break
            found = command.get_command(context, word)
            assert found, f"ecsrunner {' '.join(words)}"
            command = found
        known = [*main.params, *command.params]
        options = {option for one in known for option in one.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= options


def test_the_installation_sets_variables_and_reads_outputs_that_its_example_has() -> None:
    text = INSTALL.read_text()
    example = PROJECT / "terraform" / "examples" / "minimal"
    declared = {
        kind: set(
            re.findall(rf'^{kind} "(\w+)"', (example / f"{kind}s.tf").read_text(), re.MULTILINE)
        )
        for kind in ("variable", "output")
    }
    required = {"github_repo", "github_pat", "webhook_secret"}
    assert required <= set(re.findall(r"TF_VAR_(\w+)", text)) <= declared["variable"]
    outputs = re.findall(r"output -raw (\w+)", text)
    assert outputs
    assert set(outputs) <= declared["output"]


def test_what_the_installation_names_in_terraform_is_the_modules() -> None:
    module = PROJECT / "terraform"
    declared = {
        name
        for kind in ("variable", "output")
        for name in re.findall(
            rf'^{kind} "(\w+)"', (module / f"{kind}s.tf").read_text(), re.MULTILINE
        )
    }
    code = "\n".join(_code(INSTALL))
    named = {name for name in re.findall(r"^(\w+)(?: = .*)?$", code, re.MULTILINE) if "_" in name}
    assert "deletion_protection" in named
    assert named <= declared


def test_the_first_job_of_the_installation_gets_a_runner() -> None:
    written = re.search(r"runs-on: \[(.*)\]", INSTALL.read_text())
    assert written is not None
    asked = [label.strip(' "') for label in written[1].split(",")]
    assert labels.is_self_hosted(asked)
    wants = labels.parse(asked)
    module = (PROJECT / "terraform" / "variables.tf").read_text()
    assert re.search(rf"^    {wants.class_name} +=", module, re.MULTILINE)
