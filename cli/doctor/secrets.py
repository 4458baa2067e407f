"""Reads the fleet's secrets, to check them and to keep them out of every output."""

from collections.abc import Mapping

from cli.doctor.context import Context

_OF_INGEST = ("WEBHOOK_SECRET_PARAM", "WEBHOOK_SECRET_PREVIOUS_PARAM")


def secret_names(context: Context) -> list[str]:
    """Return the names of the parameters with the fleet's secrets."""
    ingest = context.environment("ingest")
    found = [*context.settings.secret_params, *(ingest.get(one, "") for one in _OF_INGEST)]
    return [one for one in found if one]


def readable(context: Context) -> Mapping[str, str]:
    """Return the secrets by the name of their parameter; those that do not exist are left out."""
    return context.once("secrets", lambda: _read(context))


def _read(context: Context) -> Mapping[str, str]:
    names = secret_names(context)
    answer = context.client("ssm").get_parameters(Names=names, WithDecryption=True)
    return {one["Name"]: one["Value"] for one in answer["Parameters"]}
