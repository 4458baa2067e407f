"""Names the parameters of the App's key and of its webhook's secret, and writes them.

Nothing is written to disk. GitHub hands the key over once: what is not stored is lost, and the App
needs another key.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from cli.fleet.secrets import Secrets

_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
"""As the inputs `*_parameter` of terraform/variables.tf allow."""
_RESERVED = re.compile(r"/?(aws|ssm)", re.IGNORECASE)
"""Source: AWS Systems Manager API Reference, `PutParameter`, `Name`."""
_OF_TERRAFORM = ("github-token", "github-app-key", "webhook-secret")
"""As terraform/modules/parameters/main.tf names them, below the prefix."""


class Places(Struct, frozen=True, kw_only=True):
    """The names of the parameters, and how they are written.

    Terraform owns the parameters in `_OF_TERRAFORM`, and would delete them when its inputs name
    them. So the defaults here are others.
    """

    key: str
    webhook_secret: str
    kms_key_id: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Refuse names that SSM or Terraform would refuse."""
        for name in self.names:
            if not _NAME.fullmatch(name) or _RESERVED.match(name):
                raise ValueError(
                    f"{name!r} is not the name of a parameter; allowed: letters, digits, '_', '.', "
                    "'-' and '/', not beginning with aws or ssm"
                )
        if self.key == self.webhook_secret:
            raise ValueError(f"{self.key} is named for the key and for the secret of the webhook")

    @property
    def names(self) -> tuple[str, str]:
        """Both names."""
        return self.key, self.webhook_secret


def places_of(
    prefix: str, key: str | None, secret: str | None, kms_key_id: str | None, *, overwrite: bool
) -> Places:
    """Return the places of the fleet `prefix`, with the names that are given.

    Raises:
        ValueError: A name can't be used.
    """
    owned = {f"/{prefix}/{name}" for name in _OF_TERRAFORM}
    for name in (key, secret):
        if name in owned:
            raise ValueError(f"{name} is Terraform's own, which would delete it; name another")
    return Places(
        key=key or f"/{prefix}/github-app/private-key",
        webhook_secret=secret or f"/{prefix}/github-app/webhook-secret",
        kms_key_id=kms_key_id,
        overwrite=overwrite,
    )


def in_use(secrets: Secrets, places: Places) -> list[str]:
    """Return the names that exist and may not be replaced. It also shows whether AWS answers."""
    found = secrets.existing(places.names)
    return [] if places.overwrite else found


Again = Callable[[str, Exception], bool]
"""Returns whether to repeat a step that failed. It gets what was to be done, and the error."""


class NotFinished(Exception):
    """A step failed, and the user does not try it again.

    Args:
        step: What was to be done.
    """

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def attempt(step: str, action: Callable[[], None], again: Again) -> None:
    """Do a step, and repeat it while it fails and `again` returns True.

    Raises:
        NotFinished: `again` has returned False, or the user has interrupted the step.
    """
    while True:
        try:
            return action()
        except KeyboardInterrupt as error:
            raise NotFinished(step) from error
        except Exception as error:
            if not again(step, error):
                raise NotFinished(step) from error


def write(secrets: Secrets, places: Places, name: str, value: str, what: str) -> None:
    """Write a parameter, with the description `what`."""
    secrets.store(
        name,
        value,
        description=what,
        kms_key_id=places.kms_key_id,
        overwrite=places.overwrite,
    )
