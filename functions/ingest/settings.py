"""The settings of ingest."""

from shared.domain.labels import OFFERED
from shared.domain.names import check_prefix
from shared.domain.scope import Offer, check_scope
from shared.rule_settings import RuleSettings


class Settings(RuleSettings, frozen=True, kw_only=True):
    """The environment of ingest.

    Attributes:
        github_scope: See `Offer.scope`.
        webhook_secret_param: The name of the parameter with the webhook's secret.
        webhook_secret_previous_param: The same for the previous secret, which is accepted during a
            rotation.
        offered_labels: See `Offer.labels`.
        image_build_project: The name of the CodeBuild project, or empty: all builds are ignored.
    """

    events_table: str
    runner_table: str
    prefix: str
    cluster: str
    github_scope: tuple[str, ...]
    webhook_secret_param: str
    webhook_secret_previous_param: str = ""
    image_build_project: str = ""
    offered_labels: tuple[str, ...] = OFFERED

    def __post_init__(self) -> None:
        check_prefix(self.prefix)
        check_scope(self.github_scope)

    @property
    def offer(self) -> Offer:
        """The jobs that the fleet serves."""
        return Offer(scope=self.github_scope, labels=self.offered_labels)
