"""Finds a fleet by its name: the SSM parameter that Terraform writes for each fleet.

Its value is a JSON object: the variables of the output `cli_environment`, and the version of the
project. `aws_ssm_parameter.cli` in terraform/main.tf writes it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from cli.errors import NotConfigured
from shared.adapters.aws_errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

PATH = "/ecs-runner-fleet"
"""The path that the parameters of all fleets of an account and a Region share."""
_NAME = re.compile(rf"{PATH}/([^/]+)/cli")
_MOST_LISTED = 100


class Described(Struct, frozen=True, kw_only=True):
    """The value of the parameter. Unknown fields are ignored."""

    version: str
    variables: dict[str, str]


class StsClient(Protocol):
    """What is used of boto3's client of STS."""

    def get_caller_identity(self) -> Mapping[str, str]:
        """See boto3. It needs no permission. Source: AWS STS API Reference, GetCallerIdentity."""
        ...


class Clients(Protocol):
    """The clients that are used. That of STS is used only to explain an error."""

    @property
    def ssm(self) -> "SSMClient":
        """The client of SSM."""
        ...

    @property
    def sts(self) -> StsClient:
        """The client of STS."""
        ...


def parameter_of(fleet: str) -> str:
    """Return the name of the parameter of a fleet."""
    return f"{PATH}/{fleet}/cli"


def parse(parameter: str, text: str) -> Described:
    """Return the value of a parameter.

    Raises:
        NotConfigured: it is not such a JSON object.
    """
    try:
        return msgspec.json.decode(text, type=Described)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotConfigured(
            f"The parameter {parameter} does not describe a fleet: {error}. `terraform apply` "
            "writes it again."
        ) from error


class NamedFleet:
    """The fleet of that name, in the account and the Region of the clients."""

    def __init__(self, name: str, clients: Clients) -> None:
        self.name = name
        self.parameter = parameter_of(name)
        self._clients = clients

    @cached_property
    def described(self) -> Described:
        """What the parameter holds, read once.

        Raises:
            NotConfigured: there is no such fleet, or its parameter is damaged.
            ClientError, BotoCoreError: AWS refuses, or can't be reached.
        """
        try:
            found = self._clients.ssm.get_parameter(Name=self.parameter)
        except ClientError as error:
            if code_of(error) != "ParameterNotFound":
                raise
            raise NotConfigured(self._unknown()) from error
        return parse(self.parameter, found["Parameter"].get("Value", ""))

    def _unknown(self) -> str:
        region = self._clients.ssm.meta.region_name
        return (
            f"There is no fleet {self.name!r} in {region}{self._account()}; {self._others()}. "
            f"Looked for: the parameter {self.parameter}."
        )

    def _account(self) -> str:
        try:
            return f" of account {self._clients.sts.get_caller_identity()['Account']}"
        except (ClientError, BotoCoreError):
            return ""

    def _others(self) -> str:
        try:
            found = fleets_of(self._clients.ssm)
        except (ClientError, BotoCoreError) as error:
            return f"the fleets there can't be listed: {error}".rstrip(".")
        return f"fleets there: {', '.join(found)}" if found else "there is no fleet at all"


def fleets_of(ssm: "SSMClient") -> list[str]:
    """Return the names of the fleets in the account and the Region of the client, in order.

    Raises:
        ClientError, BotoCoreError: AWS refuses, or can't be reached.
    """
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=PATH, Recursive=True, PaginationConfig={"MaxItems": _MOST_LISTED}
    )
    return fleets(one["Name"] for page in pages for one in page["Parameters"])


def fleets(parameters: Iterable[str]) -> list[str]:
    """Return the names of the fleets that have these parameters, in order."""
    return sorted(found[1] for found in map(_NAME.fullmatch, parameters) if found)
