"""Caches the webhook's secrets, for use while the parameter store is unavailable."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from shared.ports import Refused, Unavailable

KEPT = timedelta(hours=1)
"""How long cached secrets are used while the store is unavailable. A rotation may take effect as
late."""
PAUSE = timedelta(seconds=10)
"""Pause after a failed read. Without it, each webhook would wait for a call that hangs, and would
add a call to a store that throttles."""


def checked(values: Mapping[str, str]) -> list[str]:
    """Return the secrets in these parameters.

    Raises:
        Refused: names the parameter whose value holds a control character, such as a line break at
            its end. No signature would match such a secret.
    """
    for name, value in values.items():
        if any(unicodedata.category(one) == "Cc" for one in value):
            raise Refused(
                f"SSM: parameter {name} holds a control character, such as a line break; allowed: "
                "the webhook's secret and nothing else"
            )
    return list(values.values())


class KnownSecrets(Struct, kw_only=True):
    """The secrets as read at `read_at`. The store is not read again before `ask_at`."""

    secrets: list[str] | None = None
    read_at: datetime | None = None
    ask_at: datetime | None = None

    def current(
        self,
        ask: Callable[[], list[str]],
        now: datetime,
        on_failure: Callable[[Unavailable], None],
    ) -> list[str]:
        """Return the secrets. While the store is unavailable, cached ones are used for `KEPT`.

        Args:
            ask: Reads the secrets, from a cache or from the store.
            on_failure: Called when cached secrets are used because the store is unavailable.

        Raises:
            Unavailable: the store can't be read, and no secret is cached or it is too old.
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
