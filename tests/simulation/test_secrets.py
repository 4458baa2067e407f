"""Secrets stay where they belong while each call of each adapter fails.

In every world one operation fails in all ways. What its functions logged, what is in the tables and
queues, and what GitHub was answered are searched for the secrets that were in use.
"""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from urllib3.exceptions import HTTPError

from functions.ingest import handler as ingest
from shared.adapters.github_api import Http
from tests.simulated.memo import memoized
from tests.simulation.run import profile_for
from tests.simulation.watch import Watch
from tests.simulation.world.fleet import FLEET
from tests.simulation.world.ledger import APPLICABLE, Ledger
from tests.simulation.world.profile import Kind, profile_of
from tests.simulation.world.world import World
from tests.support.loggers import logger_to
from tests.support.webhooks import SECRET

pytestmark = pytest.mark.slow

TOKEN_NAME = FLEET.parameter("github-token")
TOKEN = "ghp_marked-token"
SECRETS = (TOKEN, SECRET)
FAILURES = (Kind.BEFORE, Kind.TIMEOUT, Kind.THROTTLED)
"""The ways in which an adapter meets an error."""
ENOUGH_WORLDS, MOST_WORLDS = 2, 40
"""So many, unless it has failed in each way before; more, if it has not failed at all."""


class Quoting:
    """Connections whose failures quote what was sent; `configs` are the secrets that came back."""

    def __init__(self, pool: Http, configs: list[str]) -> None:
        self._pool = pool
        self._configs = configs

    def request(self, method: str, url: str, **asked: Any) -> Any:
        try:
            answer = self._pool.request(method, url, **asked)
        except HTTPError as error:
            raise HTTPError(f"{error}: {asked}") from error
        minted = json.loads(answer.data or b"{}")
        if "encoded_jit_config" in minted:
            self._configs.append(minted["encoded_jit_config"])
        return answer

    def clear(self) -> None:
        self._pool.clear()


class Searched(World):
    """A world that keeps the log lines of its functions, the answers to GitHub and all secrets."""

    def __init__(self, seed: int, aim: str) -> None:
        self.lines = io.StringIO()
        self.answers: list[str] = []
        self.configs: list[str] = []
        super().__init__(seed, profile_of(profile_for(aim), seed), aim=aim)

    def _make_functions(self) -> None:
        super()._make_functions()
        functions: Any = self.functions
        connect: Callable[[], Http] = functions._outside.connect
        functions._outside = replace(
            functions._outside, connect=lambda: Quoting(connect(), self.configs)
        )
        functions._outside.clients.clients["ssm"]._client.parameters[TOKEN_NAME] = TOKEN
        self.github.rest._tokens = (TOKEN,)
        functions._log = self._logger
        functions.deliver = self._deliver

    def _logger(self, function: str) -> Logger:
        return logger_to(self.lines, function, level="DEBUG")

    def _deliver(self, hook: dict[str, Any]) -> int:
        def answered(one: ingest.Ingest) -> int:
            answer = ingest.on_request(one, hook)
            self.answers.append(json.dumps(answer.body))
            return answer.status

        functions: Any = self.functions
        try:
            return functions._invoke("ingest", answered)
        except Exception:  # noqa: BLE001 - the invocation failed: GitHub has no answer
            return 0

    def stored(self) -> str:
        """All items of all tables, and all messages."""
        items = [list(table.items()) for table in self.dynamodb.tables.values()]
        messages = [vars(one) for queue in self.sqs.queues.values() for one in queue.messages()]
        return json.dumps([items, messages], default=str)


@pytest.mark.parametrize("operation", APPLICABLE)
def test_no_log_event_row_message_or_answer_holds_a_secret_while_an_adapter_fails(
    operation: str,
) -> None:
    ledger, configs = Ledger(), 0
    for seed in range(MOST_WORLDS):
        with memoized():
            world = Searched(seed, operation)
            Watch(world).run()
        assert world.lines.getvalue()
        assert world.answers
        for text in (world.lines.getvalue(), world.stored(), *world.answers):
            for secret in (*SECRETS, *world.configs):
                assert secret not in text
        ledger.add(world.calls.ledger)
        configs += len(world.configs)
        hits = [ledger.hits[operation, kind] for kind in FAILURES]
        if configs and (all(hits) or (seed >= ENOUGH_WORLDS and any(hits))):
            break
    assert configs, "runners were registered"
    assert any(ledger.hits[operation, kind] for kind in FAILURES)
