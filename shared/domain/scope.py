"""Which jobs GitHub may assign to a runner, by the scope that it is registered for."""


def reaches(registered_for: str, repository: str, organization: str) -> bool:
    """Return whether GitHub may assign a job of that repository, `owner/name`, to a runner.

    Args:
        registered_for: The repository that the runner was launched for.
        organization: The organization that runners are registered for, or empty: each runner is
            registered for its repository.
    """
    if organization:
        return repository.partition("/")[0].lower() == organization.lower()
    return repository.lower() == registered_for.lower()
