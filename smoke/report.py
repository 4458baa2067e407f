"""Writes the report of a run as JSON and text, without secrets and account ids."""

import json
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from smoke.run import lines
from smoke.site import Site
from smoke.verdict import Outcome, Outcomes, Verdict

_ACCOUNT = "<account>"
_SECRET = "<secret>"  # noqa: S105 - a placeholder
_PACKAGES = ("ecs-runner-fleet", "boto3")
_INTERNAL = ("account", "keep", "lambda_unreserved")


def write(directory: Path, site: Site, outcomes: Outcomes, secrets: Iterable[str]) -> Path:
    """Write `report.json` and `report.txt`; return the path of the text."""
    directory.mkdir(parents=True, exist_ok=True)
    hide = {secret: _SECRET for secret in secrets if secret}
    if account := site.notes.get("account"):
        hide[account] = _ACCOUNT
    report = as_json(site, outcomes)
    _write(directory / "report.json", json.dumps(report, indent=2) + "\n", hide)
    path = directory / "report.txt"
    _write(path, as_text(report, outcomes), hide)
    return path


def as_json(site: Site, outcomes: Outcomes) -> dict[str, Any]:
    """Return the report for JSON."""
    versions = {name: version(name) for name in _PACKAGES}
    versions |= {"python": platform.python_version()}
    versions |= {name: text for name, text in site.notes.items() if name not in _INTERNAL}
    return {
        "versions": versions,
        "region": site.region,
        "prefix": site.prefix,
        "job_id": site.job_id,
        "begun": site.begun.isoformat(timespec="seconds"),
        "result": summary(outcomes),
        "checks": [_check(one) for one in outcomes.all],
    }


def as_text(report: dict[str, Any], outcomes: Outcomes) -> str:
    """Return the report as text."""
    fleet = f"{report['prefix']} in {report['region']}"
    head = [
        f"ECS Runner Fleet, smoke test of {fleet}, {report['begun']}",
        ", ".join(f"{name} {text}" for name, text in report["versions"].items()),
        "",
    ]
    checks = [line for one in outcomes.all for line in lines(one)]
    return "\n".join([*head, *checks, "", str(report["result"]), ""])


def summary(outcomes: Outcomes) -> str:
    """Return the number of checks by verdict."""
    return ", ".join(f"{outcomes.count(one)} {one}" for one in Verdict)


def _check(outcome: Outcome) -> dict[str, Any]:
    result = {
        "name": outcome.check.name,
        "title": outcome.check.title,
        "verdict": str(outcome.verdict),
        "started": outcome.started.isoformat(timespec="seconds"),
        "seconds": round(outcome.seconds, 1),
        "evidence": outcome.text,
    }
    return result | ({"remedy": outcome.remedy} if outcome.remedy else {})


def _write(path: Path, text: str, hide: dict[str, str]) -> None:
    for secret, instead in hide.items():
        text = text.replace(secret, instead)
    path.write_text(text)
