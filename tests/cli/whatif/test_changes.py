"""The file of a what-if: YAML or JSON, and what is wrong with one, by line and key."""

from pathlib import Path

import pytest

from cli.whatif.changes import BadChangesError, Changes, SizeChange, read_changes

YAML = """\
# next quarter
max_runners: 50
limits: {idle: 60}
classes:
  large:
    capacity: [FARGATE]
  old: null
prices:
  spot_ratio: 0.3
"""
JSON = """\
{
\t"max_runners": 50,
\t"limits": {"idle": 60},
\t"classes": {"large": {"capacity": ["FARGATE"]}, "old": null},
\t"prices": {"spot_ratio": 3e-1}
}
"""


def _read(tmp_path: Path, text: str, *settings: str, name: str = "policy.yaml") -> Changes:
    path = tmp_path / name
    path.write_text(text)
    return read_changes(path, settings)


def test_yaml_and_json_indented_by_tabs_are_read_alike(tmp_path: Path) -> None:
    found = _read(tmp_path, YAML)
    assert found == _read(tmp_path, JSON, name="policy.json")
    assert (found.max_runners, found.limits.idle, found.prices.spot_ratio) == (50, 60, 0.3)
    assert found.classes == {"large": SizeChange(capacity=("FARGATE",)), "old": None}


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path, "# nothing yet\n") == Changes()


def test_a_setting_of_the_command_line_is_added_to_the_file(tmp_path: Path) -> None:
    found = _read(tmp_path, "limits:\n  idle: 60\nprices:\n", "limits.start=90", "prices.gb_hour=1")
    assert (found.limits.idle, found.limits.start, found.prices.gb_hour) == (60, 90, 1)
    assert _read(tmp_path, YAML, "max_runners=7").max_runners == 7


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("limits:\n  idle: 0\n", "line 2: limits.idle: input should be greater than or equal to 1"),
        ("a: 1\n", "line 1: a: extra inputs are not permitted; allowed: max_runners, classes"),
        (
            "prices:\n  vcpu: 1\n",
            "line 2: prices.vcpu: extra inputs are not permitted; allowed: vc",
        ),
        ("classes:\n  big:\n    cpus: 1\n", "line 3: classes.big.cpus: extra inputs are not perm"),
        ("classes:\n  big:\n    capacity: [A, 5]\n", "line 3: classes.big.capacity.1: input shou"),
        ("max_runners: 5\nmax_runners: 6\n", "line 2: max_runners is already in line 1"),
        ("limits:\n  idle: 5\n  idle: 6\n", "line 3: limits.idle is already in line 2"),
        ('{"limits": {"idle": 5,\n"idle": 6}}', "line 2: limits.idle is already in line 1"),
        ("limits: [\n", "line 2 is neither YAML nor JSON: expected the node content"),
        ("a: !!python/object/apply:os.getcwd []\n", "line 1 is neither YAML nor JSON: could not"),
        ("max_runners: 2026-13-45\n", "is neither YAML nor JSON: month must be in 1..12"),
        ("classes: &all\n  big: *all\n", "is neither YAML nor JSON: maximum recursion depth"),
        ("- max_runners\n", "is not an object with the changes of a policy"),
        ("max_runners: \x01\n", "can't be read: "),
    ],
)
def test_what_is_wrong_is_named_with_line_and_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BadChangesError) as error:
        _read(tmp_path, text)
    assert problem in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "policy.yaml"))


def test_a_wrong_setting_beside_a_file_is_not_in_a_line_of_it(tmp_path: Path) -> None:
    with pytest.raises(BadChangesError) as error:
        _read(tmp_path, YAML, "limits.idle=0")
    assert str(error.value) == "limits.idle: input should be greater than or equal to 1"
