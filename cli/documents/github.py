"""The documents of the commands on the fleet's GitHub App."""

from msgspec import Struct


class CreatedApp(Struct, frozen=True, kw_only=True):
    """The GitHub App that was created, and where its secrets are. It holds no secret.

    Attributes:
        webhook_url: Where GitHub sends webhooks; null until `ecsrunner github connect`.
        permissions: The level of each permission: `read` or `write`.
        private_key_parameter: The SSM parameter of its private key.
        webhook_secret_parameter: The SSM parameter of the secret of its webhook.
    """

    app_id: int
    app_name: str
    app_url: str
    installation_url: str
    webhook_url: str | None
    permissions: dict[str, str]
    private_key_parameter: str
    webhook_secret_parameter: str


class ConnectedApp(Struct, frozen=True, kw_only=True):
    """The GitHub App whose webhook has the fleet's URL.

    Attributes:
        webhook_url: Where GitHub sends webhooks.
        missing_events: The events that the fleet needs, and to which the App is not subscribed.
    """

    app_id: int
    app_name: str
    installation_url: str
    webhook_url: str
    missing_events: tuple[str, ...]
