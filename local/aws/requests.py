"""Parses an HTTP request to AWS into service, operation and parameters."""

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
"""botocore's service names by signing name, where the two differ."""
_TARGETS = {"DynamoDBStreams_20120810": "dynamodbstreams"}
"""botocore's service names by target prefix, for services that share a signing name."""
_OWN_PATH = "/moto-api"
_GZIP = b"\x1f\x8b"
_FORM = "application/x-www-form-urlencoded"


class Unreadable(Exception):
    """A request that can't be parsed.

    Args:
        operation: Service and operation, as far as they are known.
    """

    def __init__(self, operation: str, why: object) -> None:
        super().__init__(f"{operation}: {why}")
        self.operation = operation


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A parsed request.

    Attributes:
        service: botocore's name of the service.
        operation: The API's name of the operation.
        params: The parameters in the format of boto3.
        protocol: Protocol of the request, such as `json` or `rest-xml`.
        region: Region in the signature.
    """

    service: str
    operation: str
    params: dict[str, Any]
    protocol: str
    region: str


def body_of(environ: dict[str, Any]) -> bytes:
    """Return the request's body, and leave it readable for the next reader."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def read(environ: dict[str, Any]) -> Asked | None:
    """Parse the request in a WSGI environment; None if it is not a request to an AWS API.

    Raises:
        Unreadable: The request can't be parsed.
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
    """Return a copy of the environment with a separate, decompressed body.

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
