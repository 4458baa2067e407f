"""Types of CloudWatch's dashboard body that others wrote, applied by the TypeScript compiler.

They follow Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax". What a log
widget's query is, they leave open.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NEEDED = "the dashboard's judge needs node 20 and npm, and then: make judges"
_MODULES = Path(__file__).with_name("node_modules")
_PACKAGE = "cloudwatch-dashboard-types"
IS_THERE = shutil.which("node") is not None and (_MODULES / _PACKAGE).is_dir()
_TYPES = {
    "log": "LogWidgetProperties",
    "metric": "MetricWidgetProperties",
    "text": "TextWidgetProperties",
}
"""The type of a widget's properties. `Widget` itself accepts those of any other type of widget."""


def complaints(body: Mapping[str, Any], directory: Path) -> list[str]:
    """Return what the compiler finds wrong with a dashboard.

    Args:
        directory: Where the program that holds the dashboard is written.
    """
    (directory / "dashboard.ts").write_text("\n".join(_program(body)))
    (directory / "tsconfig.json").write_text(
        json.dumps(
            {
                "compilerOptions": {
                    "strict": True,
                    "noEmit": True,
                    "types": [],
                    "paths": {_PACKAGE: [str(_MODULES / _PACKAGE)]},
                },
                "files": ["dashboard.ts"],
            }
        )
    )
    command = ["node", str(_MODULES / "typescript" / "bin" / "tsc"), "--project", str(directory)]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if ": error " in line]
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return [line.partition(": error ")[2] for line in found]


def _program(body: Mapping[str, Any]) -> Iterator[str]:
    yield f'import type * as types from "{_PACKAGE}";'
    yield f"export const body: types.Dashboard = {json.dumps(body)};"
    for number, widget in enumerate(body["widgets"]):
        of_properties = _TYPES[widget["type"]]
        properties = json.dumps(widget["properties"])
        yield f"export const widget{number}: types.{of_properties} = {properties};"
