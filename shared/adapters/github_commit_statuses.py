"""Commit statuses through GitHub's REST API.

Source: GitHub's OpenAPI description of its REST API, "Create a commit status".
"""

from shared.adapters.github_client import GitHubClient, path_of
from shared.ports import NewCommitStatus


class GitHubCommitStatuses:
    """`CommitStatuses` at GitHub."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def create(self, repository: str, sha: str, status: NewCommitStatus) -> None:
        """See `CommitStatuses.create`."""
        body = {
            "state": status.state.value,
            "context": status.context,
            "description": status.description,
        }
        if status.target_url:
            body["target_url"] = status.target_url
        path = f"{path_of(repository)}/statuses/{sha}"
        self._client.check(self._client.call("POST", repository, path, body=body))
