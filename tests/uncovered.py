"""Compares the functions that tests do not cover with those that may stay so, and why.

`python -m tests.uncovered` reads `.coverage`, which `make measured` writes. `tests/uncovered.toml`
gives a reason for each function of `shared/` and `functions/` with lines or branches that no test
reaches. A gap without a reason is an error, and so is a reason without a gap.
"""

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coverage import Coverage, CoverageException

PROJECT = Path(__file__).parents[1]
REASONS = PROJECT / "tests" / "uncovered.toml"
MODULE = "<module>"
"""Names what is in no function, such as the body of a class."""

Gaps = Mapping[str, str]
"""By function, such as `shared/x.py::Class.function`: the lines and branches that are missing. The
text is empty for a function that is covered."""


def measured(data_file: Path) -> Gaps:
    """The functions that were measured.

    Raises:
        CoverageException: the file is missing or can't be read.
    """
    coverage = Coverage(data_file=str(data_file))
    coverage.load()
    with TemporaryDirectory() as directory:
        report = Path(directory, "coverage.json")
        coverage.json_report(outfile=str(report))
        return gaps(json.loads(report.read_text()))


def gaps(report: Mapping[str, Any]) -> Gaps:
    """The functions of coverage's JSON report.

    Raises:
        ValueError: branches were not measured.
    """
    if not report["meta"]["branch_coverage"]:
        raise ValueError("branches were not measured")
    return {
        f"{Path(path).as_posix()}::{name or MODULE}": _missing(function)
        for path, file in report["files"].items()
        for name, function in file["functions"].items()
    }


def problems(found: Gaps, reasons: Mapping[str, Any]) -> list[str]:
    """What is wrong with the list of reasons, one line each; nothing if it fits."""
    unlisted = [f"{name}: not covered: {gap}" for name, gap in found.items() if gap]
    return sorted(
        [line for line in unlisted if line.partition(": ")[0] not in reasons]
        + [f"{name}: {_wrong(name, found)}" for name in reasons if not found.get(name)]
        + [f"{name}: has no reason" for name, reason in reasons.items() if not _is_reason(reason)]
    )


def main(data_file: Path = PROJECT / ".coverage", reasons_file: Path = REASONS) -> int:
    """Print what is wrong; the exit code."""
    try:
        found = problems(measured(data_file), tomllib.loads(reasons_file.read_text()))
    except (CoverageException, ValueError, OSError) as error:
        found = [f"coverage can't be compared: {error}"]
    for line in found:
        sys.stderr.write(f"{line}\n")
    if found:
        sys.stderr.write(f"test what is not covered, or give a reason in {reasons_file.name}\n")
    return 1 if found else 0


def _missing(function: Mapping[str, Any]) -> str:
    lines = [str(line) for line in function["missing_lines"]]
    branches = [
        f"{start} -> {end if end > 0 else 'exit'}" for start, end in function["missing_branches"]
    ]
    parts = (("lines", lines), ("branches", branches))
    return "; ".join(f"{what} {', '.join(texts)}" for what, texts in parts if texts)


def _wrong(name: str, found: Gaps) -> str:
    return "is covered; remove its reason" if name in found else "no such function"


def _is_reason(reason: Any) -> bool:
    return isinstance(reason, str) and bool(reason.strip())


if __name__ == "__main__":
    sys.exit(main())
