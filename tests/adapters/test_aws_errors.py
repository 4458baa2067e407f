"""The translation of AWS errors to port errors, by code, by words and by HTTP status."""

import sys
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from shared.adapters import aws_errors as aws
from shared.adapters.aws_json.errors import AnsweredError, NoAnswerError
from shared.ports import (
    Conflict,
    NoCapacity,
    NotNow,
    Refused,
    Throttled,
    TurnedAway,
    Unavailable,
)

SERVICES = (
    aws.CLOUDWATCH,
    aws.CODEBUILD,
    aws.DYNAMODB,
    aws.ECR,
    aws.ECS,
    aws.ECS_DEFINITIONS,
    aws.EVENTS,
    aws.LOGS,
    aws.S3,
    aws.SQS,
)


def _error(code: str, message: str = "words", status: int = 400, **more: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "Call")


def _kind(service: aws.Service, error: ClientError | BotoCoreError) -> type[Exception]:
    """The kind of the port error, which is the same for the same answer without botocore."""
    kind = type(aws.translate(service, error))
    assert type(aws.translate(service, _without_botocore(error))) is kind
    return kind


def _without_botocore(error: ClientError | BotoCoreError) -> AnsweredError | NoAnswerError:
    if isinstance(error, BotoCoreError):
        return NoAnswerError(str(error))
    response: Any = error.response
    told = response["Error"]
    fields = {"__type": f"com.amazonaws#{told['Code']}", "message": told["Message"], **response}
    made = AnsweredError("Call", response["ResponseMetadata"]["HTTPStatusCode"], fields)
    assert str(made) == str(error)
    return made


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_what_all_services_share(service: aws.Service) -> None:
    no_answer = EndpointConnectionError(endpoint_url="https://x")
    assert _kind(service, no_answer) is Unavailable
    assert _kind(service, _error("Whatever", status=500)) is Unavailable
    assert _kind(service, _error("InternalFailure")) is Unavailable
    assert _kind(service, _error("ThrottlingException")) is service.throttled
    assert _kind(service, _error("ValidationException")) is Refused


@pytest.mark.parametrize(
    ("service", "error", "kind"),
    [
        (aws.ECS, _error("ClientException", "Capacity is unavailable at this time"), NoCapacity),
        (aws.ECS, _error("InvalidParameterException", "Rate exceeded"), Throttled),
        (aws.ECS, _error("AccessDeniedException", "is not authorized to perform"), TurnedAway),
        (aws.ECS, _error("ClusterNotFoundException"), NotNow),
        (aws.ECS, _error("ClientException", "You've reached the limit on vCPUs"), NotNow),
        (aws.ECS, _error("ClientException", "The subnet ID 'x' does not exist"), NotNow),
        (
            aws.ECS_DEFINITIONS,
            _error("ClientException", "Too many concurrent attempts"),
            Unavailable,
        ),
        (aws.CODEBUILD, _error("AccountLimitExceededException"), NotNow),
        (aws.ECR, _error("AccessDeniedException"), NotNow),
        (aws.S3, _error("SlowDown", status=503), Unavailable),
        (aws.SQS, _error("AWS.SimpleQueueService.NonExistentQueue"), Refused),
        (aws.DYNAMODB, _error("TransactionInProgressException"), Conflict),
    ],
)
def test_where_services_differ(
    service: aws.Service, error: ClientError, kind: type[Exception]
) -> None:
    assert _kind(service, error) is kind


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        (["None", "ConditionalCheckFailed"], Conflict),
        (["TransactionConflict", "None"], Conflict),
        (["ThrottlingError"], Unavailable),
        (["ConditionalCheckFailed", "ThrottlingError"], Conflict),
        (["ValidationError"], Refused),
    ],
)
def test_a_cancelled_transaction_by_its_reasons(reasons: list[str], kind: type[Exception]) -> None:
    cancelled = [{"Code": one} for one in reasons]
    error = _error("TransactionCanceledException", CancellationReasons=cancelled)
    assert _kind(aws.DYNAMODB, error) is kind


def test_the_message_names_the_service_and_what_the_call_was_about() -> None:
    with pytest.raises(Refused) as caught, aws.translated(aws.SQS, "https://queue: "):
        raise _error("AccessDenied", "no")
    assert caught.value.reason.startswith("SQS: https://queue: An error occurred (AccessDenied)")


def test_an_error_that_is_not_botocores_passes() -> None:
    with pytest.raises(KeyError), aws.translated(aws.SQS):
        raise KeyError("x")


def test_where_botocore_is_not_imported_it_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "botocore.exceptions")
    assert aws.aws_errors() == (AnsweredError, NoAnswerError)
    with pytest.raises(Unavailable, match="DynamoDB: reset"), aws.translated(aws.DYNAMODB):
        raise NoAnswerError("reset")
