"""Which jobs GitHub may give to a runner, by where the runner is registered."""


def reaches(registered_for: str, repository: str, organization: str) -> bool:
    """Whether a runner may be given a job of that repository, `owner/name`.

    Args:
        registered_for: The repository that the runner was launched for.
        organization: Whose runners the fleet's are, or empty: they are the repository's alone.
    """
    if organization:
        return repository.partition("/")[0].lower() == organization.lower()
    return repository.lower() == registered_for.lower()
