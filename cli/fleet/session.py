"""The boto3 session: with the profile and the Region that the user has typed, or AWS's defaults."""

import os

import boto3
from botocore.exceptions import ProfileNotFound
from botocore.session import Session

from cli.errors import NotConfigured
from cli.fleet.connection import Connection
from cli.fleet.pages import EVENT, refuse_pages


def session_of(connection: Connection) -> boto3.Session:
    """Return a session. Without --region its Region is that of AWS_REGION, which boto3 ignores.

    Raises:
        NotConfigured: there is no profile of the name that was typed.
        ProfileNotFound: there is no profile of the name in AWS_PROFILE.
    """
    region = connection.region or os.environ.get("AWS_REGION") or None
    try:
        session = boto3.Session(profile_name=connection.profile, region_name=region)
    except ProfileNotFound as error:
        if connection.profile is None:
            raise
        raise NotConfigured(_unknown(connection.profile)) from error
    session.events.register(EVENT, refuse_pages)
    return session


def _unknown(profile: str) -> str:
    profiles = sorted(Session().available_profiles)
    there = f"profiles there: {', '.join(profiles)}" if profiles else "there are no profiles at all"
    return f"There is no profile {profile!r} in AWS's configuration files; {there}."
