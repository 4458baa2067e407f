"""The webhook's secrets, and for how long the last known ones do while the store can't be read."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from shared.ports import Refused, Unavailable

KEPT = timedelta(hours=1)
"""How long secrets are used that can't be read again: so long may a rotation take to be seen."""
PAUSE = timedelta(seconds=10)
"""After a failure the store is left alone for this long: a hung call would cost each webhook its
time, and a throttled store would be asked for each of them."""


def checked(values: Mapping[str, str]) -> list[str]:
    """The secrets of these parameters.

    Raises:
        Refused: names the parameter whose value holds a control character, such as a line break at
            its end: with that, no webhook's signature would ever fit.
    """
    for name, value in values.items():
        if any(unicodedata.category(one) == "Cc" for one in value):
            raise Refused(
                f"SSM: parameter {name} holds a control character, such as a line break; allowed: "
                "the webhook's secret and nothing else"
            )
    return list(values.values())


class KnownSecrets(Struct, kw_only=True):
    """The secrets as last read at `read_at`; the store is not read again before `ask_at`."""

    secrets: list[str] | None = None
    read_at: datetime | None = None
    ask_at: datetime | None = None

    def current(
        self,
        ask: Callable[[], list[str]],
        now: datetime,
        on_failure: Callable[[Unavailable], None],
    ) -> list[str]:
        """The secrets; the last known ones while the store is unavailable, for at most `KEPT`.

        Args:
            ask: Reads them, from a cache or from the store.
            on_failure: Called when the last known ones are used because the store did not answer.

        Raises:
            Unavailable: the store can't be read, and no secret is known or it is too old.
            Refused: the store has no such secret.
        """
        known = self._still_good(now)
        if known is not None and self.ask_at is not None and now < self.ask_at:
            return known
        try:
            self.secrets = ask()
        except Unavailable as error:
            if known is None:
                raise
            self.ask_at = now + PAUSE
            on_failure(error)
            return known
        self.read_at, self.ask_at = now, None
        return self.secrets

    def _still_good(self, now: datetime) -> list[str] | None:
        if self.read_at is None or now - self.read_at > KEPT:
            return None
        return self.secrets
