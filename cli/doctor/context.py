"""What the checks share: clients, the functions' configuration and settings, GitHub, parameters.

Each value is read once, on first use. Nothing here changes anything.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from cli.doctor.errors import is_missing
from cli.doctor.github import GitHubReader
from cli.doctor.once import Once
from cli.doctor.settings import FUNCTIONS, DeployedSettings
from cli.fleet.context import Fleet
from shared import settings
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable
from shared.adapters.ssm import SsmParameters
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.domain.runner_scope import RunnerScopes
from shared.domain.unreadable import Unreadable
from shared.wiring.github import hook_organizations

T = TypeVar("T")

MOST_REPOSITORIES = 5
"""Maximum number of repositories that are looked at: about three calls to GitHub each."""
ROWS_PER_STATUS = 5
"""Number of newest rows of each status that are read."""


class Blocked(Exception):
    """The check can't be run before the finding of another check is repaired."""


class Context:
    """One fleet, as the checks see it.

    Args:
        prefix: The prefix of the names of the fleet's resources.
    """

    def __init__(self, fleet: Fleet, prefix: str) -> None:
        self.fleet = fleet
        self.prefix = prefix
        self._once = Once()

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the value of the key, which is computed once. See `Once.get`."""
        return self._once.get(key, compute)

    # --- AWS ------------------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        """Return the AWS client of a service."""
        return self.fleet.client(service)

    @property
    def now(self) -> datetime:
        """The present time."""
        return self.fleet.clock.now()

    @property
    def region(self) -> str:
        """The region of the clients."""
        return str(self.client("lambda").meta.region_name)

    def pages(self, service: str, operation: str, items: str, **request: Any) -> list[Any]:
        """Return the items of all pages of a listing."""
        paginator = self.client(service).get_paginator(operation)
        return [one for page in paginator.paginate(**request) for one in page[items]]

    # --- functions ------------------------------------------------------------------------------

    def function_name(self, function: str) -> str:
        """Return the name of a function in AWS."""
        return f"{self.prefix}-{function}"

    def configuration(self, function: str) -> Mapping[str, Any] | None:
        """Return the configuration of a function, or None if there is no such function."""
        return self._once.get(("function", function), lambda: self._configuration(function))

    def _configuration(self, function: str) -> Mapping[str, Any] | None:
        name = self.function_name(function)
        try:
            found = self.client("lambda").get_function_configuration(FunctionName=name)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return dict(found)

    def environment(self, function: str) -> Mapping[str, str]:
        """Return the environment of a function; it is empty if there is no such function."""
        found = self.configuration(function) or {}
        return dict(found.get("Environment", {}).get("Variables", {}))

    def variable(self, function: str, name: str) -> str:
        """Return a variable of a function.

        Raises:
            Blocked: the function does not have it.
        """
        value = self.environment(function).get(name, "").strip()
        if not value:
            raise Blocked(f"{self.function_name(function)} has no {name}")
        return value

    @property
    def settings(self) -> DeployedSettings:
        """The settings of the Janitor.

        Raises:
            Blocked: there is no Janitor, or its settings are wrong.
        """
        return self._once.get("settings", self._settings)

    def _settings(self) -> DeployedSettings:
        if self.configuration("janitor") is None:
            raise Blocked(f"there is no function {self.function_name('janitor')}")
        try:
            return settings.load(DeployedSettings, self.environment("janitor"))
        except settings.SettingsError as error:
            raise Blocked(f"the settings of {self.function_name('janitor')} are wrong") from error

    @property
    def is_there(self) -> bool:
        """Whether there is any function of the fleet."""
        return any(self.configuration(one) is not None for one in FUNCTIONS)

    # --- log and projection ---------------------------------------------------------------------

    @property
    def log(self) -> DynamoEventLog:
        """The event log."""
        mine = self.settings
        return DynamoEventLog(self.client("dynamodb"), mine.events_table, mine.runner_table)

    @property
    def table(self) -> DynamoRunnersTable:
        """The runners table. Rows that can't be read are left out of its listings."""
        return DynamoRunnersTable(self.client("dynamodb"), self.settings.runner_table, _left_out)

    def recent_rows(self) -> tuple[list[RunnerRow], list[Unreadable]]:
        """Return the newest rows of each status, the newest first, and what can't be read."""
        return self._once.get("rows", self._recent_rows)

    def _recent_rows(self) -> tuple[list[RunnerRow], list[Unreadable]]:
        damaged: list[Unreadable] = []
        client = self.client("dynamodb")
        table = DynamoRunnersTable(client, self.settings.runner_table, damaged.append)
        rows = [row for status in Status for row in table.by_status(status, ROWS_PER_STATUS)]
        return sorted(rows, key=lambda row: row.status_at, reverse=True), damaged

    # --- parameters and GitHub ------------------------------------------------------------------

    @property
    def parameters(self) -> SsmParameters:
        """The SSM parameters. Their values never leave the process."""
        return self._once.get("parameters", lambda: SsmParameters(self.client("ssm")))

    @property
    def github(self) -> GitHubReader:
        """GitHub, with the fleet's own credentials."""
        return self._once.get("github", lambda: GitHubReader(self.settings, self.parameters))

    @property
    def repositories(self) -> list[str]:
        """The repositories that the scope names, and others of it with recent jobs."""
        mine = self.settings
        owners = {one.lower() for one in mine.github_scope if "/" not in one}
        named = [one for one in mine.github_scope if "/" in one]
        if owners:
            rows = (row.repository for row in self.recent_rows()[0] if row.repository)
            named += [one for one in rows if one.partition("/")[0].lower() in owners]
        known = {one.lower(): one for one in named}
        return list(known.values())[:MOST_REPOSITORIES]

    @property
    def places(self) -> list[str]:
        """The scopes at which runners are registered, by their names, each once."""
        scopes = self.settings.runner_scopes
        at = [*scopes.shared(), *map(scopes.of, self.repositories)]
        return [one.name for one in dict.fromkeys(at)]

    @property
    def hook_owners(self) -> list[str]:
        """The organizations and repositories that have a webhook of a fleet with a token."""
        mine = self.settings
        scopes = RunnerScopes(organizations=hook_organizations(mine, mine.github_scope))
        at = [*scopes.shared(), *map(scopes.of, self.repositories)]
        return [one.name for one in dict.fromkeys(at)]


def _left_out(_error: Unreadable) -> None:
    """Ignore the row: the check of the rows reports it."""
