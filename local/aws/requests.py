"""Reads the service, operation and parameters of an HTTP request to AWS. It changes nothing."""

import gzip
import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
_SERVICES = {
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "apigateway": "apigatewayv2",
    "tagging": "resourcegroupstaggingapi",
}
"""botocore's names of services that sign by another name."""
_TARGETS = {"DynamoDBStreams_20120810": "dynamodbstreams"}
"""botocore's names of services that share another's signing name, by their target prefix."""
_OWN_PATH = "/moto-api"
_GZIP = b"\x1f\x8b"
_FORM = "application/x-www-form-urlencoded"


class Unreadable(Exception):
    """A request whose parameters can't be told.

    Args:
        operation: As much as is known of it.
    """

    def __init__(self, operation: str, why: object) -> None:
        super().__init__(f"{operation}: {why}")
        self.operation = operation


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request.

    Attributes:
        service: By botocore's name.
        operation: By the API's.
        params: As boto3 would be given them.
        protocol: How they were sent, such as `json` or `rest-xml`.
        region: Of the signature.
    """

    service: str
    operation: str
    params: dict[str, Any]
    protocol: str
    region: str


def body_of(environ: dict[str, Any]) -> bytes:
    """The request's body, which is put back after reading."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def read(environ: dict[str, Any]) -> Asked | None:
    """The request in a WSGI environment; None if it is none of AWS's API.

    Raises:
        Unreadable: it is, but nothing more can be told.
    """
    if environ["PATH_INFO"].startswith(_OWN_PATH):
        return None
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        raise Unreadable("unsigned", f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    prefix, _, target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")
    service = _TARGETS.get(prefix) or _SERVICES.get(scope[2], scope[2])
    try:
        return _read(service, scope[1], Request(_copy(environ)))
    except (HTTPException, NotImplementedError, ValueError, UnknownServiceError) as error:
        name = target or _action(environ) or environ["REQUEST_METHOD"]
        raise Unreadable(f"{service}.{name}", error) from error


def _copy(environ: dict[str, Any]) -> dict[str, Any]:
    """The environment of the same request with a body of its own, decompressed.

    SDKs compress larger requests of operations such as CloudWatch's PutMetricData.
    """
    body = body_of(environ)
    copy = dict(environ)
    if copy.get("HTTP_CONTENT_ENCODING") == "gzip" and body.startswith(_GZIP):
        body = gzip.decompress(body)
        del copy["HTTP_CONTENT_ENCODING"]
    return copy | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _action(environ: dict[str, Any]) -> str:
    is_form = environ.get("CONTENT_TYPE", "").startswith(_FORM)
    actions = parse_qs(body_of(environ).decode()).get("Action") if is_form else None
    return actions[0] if actions else ""


def _read(service: str, region: str, request: Request) -> Asked:
    protocol = determine_request_protocol(get_service_model(service), request.content_type)
    operation, labels = get_service_router(service).match(request)
    parser = PROTOCOL_PARSERS[protocol](operation)
    body = request.get_data(parse_form_data=protocol in ("query", "ec2"))
    params = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    return Asked(
        service=service,
        operation=str(operation.name),
        params=params or {},
        protocol=protocol,
        region=region,
    )
