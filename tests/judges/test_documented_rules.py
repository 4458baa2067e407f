"""Every rule of the table has a source, and a violation of it is refused wherever it is sent."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws.server import MotoServer
from local.aws.validation import judge
from local.aws.validation.clients import InvalidRequest
from local.aws.validation.rules import KEPT_BY_EMULATORS, RULES
from local.description import runners_table
from tests.judges.requests_support import (
    PLAIN_QUEUE,
    QUEUE,
    TABLE,
    Case,
    Known,
    definition,
    item,
    put,
    run,
    sent,
    simulated,
    update,
)
from tests.judges.violations import CASES
from tests.support.judged import Refusals

each_case = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="module")
def aws(moto_server: MotoServer) -> Iterator[Callable[[str], Any]]:
    """Clients of the local stack's AWS, with the table and the queues in it."""
    made: dict[str, Any] = {}
    # botocore's own checks would hide those that are asked for here.
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})

    def client(service: str) -> Any:
        if service not in made:
            made[service] = boto3.client(
                service,
                endpoint_url=moto_server.url,
                region_name="us-east-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
                config=config,
            )
        return made[service]

    client("dynamodb").create_table(**runners_table(TABLE))
    client("sqs").create_queue(QueueName=QUEUE, Attributes={"FifoQueue": "true"})
    client("sqs").create_queue(QueueName=PLAIN_QUEUE)
    yield client
    client("dynamodb").delete_table(TableName=TABLE)
    for one in made.values():
        one.close()


def _call(client: Any, case: Case) -> Any:
    return getattr(client, xform_name(case.operation))(**case.params)


def test_every_rule_has_a_name_of_its_own_and_a_source() -> None:
    everything = [*RULES, *KEPT_BY_EMULATORS]
    assert len({one.name for one in everything}) == len(everything)
    for rule in everything:
        assert rule.source.startswith(("Amazon ", "AWS ", "OCI ")), rule.name
        assert len(rule.source) > 30, rule.name


def test_every_rule_has_a_violation_that_the_tests_send() -> None:
    assert {one.name for one in RULES} == {case.rule for case in CASES}


@each_case
def test_the_validator_refuses_a_violation_and_names_the_rule(case: Case) -> None:
    problems = judge(case.service, case.operation, case.params, Known())
    assert {one.rule for one in problems} == {case.rule}


@each_case
def test_the_local_stack_refuses_a_violation_and_remembers_it(
    case: Case, aws: Callable[[str], Any], moto_server: MotoServer
) -> None:
    before = len(moto_server.violations.all())
    with Refusals() as refusals, pytest.raises(ClientError) as refused:
        _call(aws(case.service), case)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    if case.operation != "HeadObject":  # whose answers have no body
        assert f"({case.rule})" in refused.value.response["Error"]["Message"]
    (violation,) = refusals.found
    assert moto_server.violations.all()[before:] == (violation,)
    assert violation.operation == f"{case.service}.{case.operation}"


@each_case
def test_a_client_of_a_test_refuses_a_violation(case: Case, aws: Callable[[str], Any]) -> None:
    with Refusals(sent=False) as refusals, pytest.raises(InvalidRequest, match="AWS would refuse"):
        _call(aws(case.service), case)
    assert [one.operation for one in refusals.found] == [f"{case.service}.{case.operation}"]


def _simulated_cases() -> list[Case]:
    clients = simulated()
    return [
        case for case in CASES if hasattr(clients.get(case.service), xform_name(case.operation))
    ]


@pytest.mark.parametrize("case", _simulated_cases(), ids=str)
def test_a_simulated_client_refuses_a_violation(case: Case) -> None:
    with Refusals() as refusals, pytest.raises(ClientError) as refused:
        _call(simulated()[case.service], case)
    assert f"({case.rule})" in str(refused.value)
    assert len(refusals.found) == 1


# --- findings A1 and A2 -------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["local stack", "simulation"])
def test_an_item_whose_index_key_is_a_number_is_refused(
    where: str, aws: Callable[[str], Any]
) -> None:
    client = aws("dynamodb") if where == "local stack" else simulated()["dynamodb"]
    with Refusals(), pytest.raises(ClientError, match="Type mismatch for Index Key waiting"):
        client.put_item(**put(waiting={"N": "3"}))
    with (
        Refusals(),
        pytest.raises(ClientError, match="Expected: S Actual: N IndexName: by_arrival"),
    ):
        client.transact_write_items(TransactItems=[{"Put": put(waiting={"N": "3"})}])
    assert "Item" not in client.get_item(
        TableName=TABLE, Key={"runner_id": {"S": "fleet-7-1"}}, ConsistentRead=True
    )


@pytest.mark.parametrize("value", ["tally", "tally + :one", "if_not_exists(waiting, tally)"])
def test_an_update_that_computes_an_index_key_of_another_type_is_refused_and_undone(
    value: str, aws: Callable[[str], Any]
) -> None:
    client = aws("dynamodb")
    client.put_item(**put(tally={"N": "1"}))
    values = {":one": {"N": "1"}} if ":one" in value else None
    with pytest.raises(ClientError, match="Type mismatch for key waiting expected: S actual: N"):
        client.update_item(**update(f"SET waiting = {value}", values))
    assert client.scan(TableName=TABLE)["Items"] == [item(tally={"N": "1"})]
    client.delete_item(TableName=TABLE, Key={"runner_id": {"S": "fleet-7-1"}})


@pytest.mark.parametrize("where", ["local stack", "simulation"])
@pytest.mark.parametrize("event_id", ["fleet-7-1/told/Runner Failed", "x" * 129])
def test_an_event_id_that_is_no_deduplication_id_is_refused(
    where: str, event_id: str, aws: Callable[[str], Any]
) -> None:
    client = aws("sqs") if where == "local stack" else simulated()["sqs"]
    with Refusals(), pytest.raises(ClientError, match="MessageDeduplicationId"):
        client.send_message(**sent(MessageDeduplicationId=event_id))


# --- rules that emulators keep ------------------------------------------------------------------


def test_a_simulated_transaction_under_a_used_token_is_a_mismatch() -> None:
    client = simulated()["dynamodb"]
    client.transact_write_items(TransactItems=[{"Put": put()}], ClientRequestToken="one")
    client.transact_write_items(TransactItems=[{"Put": put()}], ClientRequestToken="one")
    with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
        client.transact_write_items(
            TransactItems=[{"Put": put(a={"S": "b"})}], ClientRequestToken="one"
        )


def test_a_simulated_task_under_a_used_token_is_a_conflict() -> None:
    client = simulated()["ecs"]
    client.register_task_definition(**definition())
    client.run_task(**run())
    with pytest.raises(ClientError, match="ConflictException"):
        client.run_task(**run(startedBy="fleet-8-1"))


def test_a_simulated_build_under_a_used_token_is_a_mismatch() -> None:
    client = simulated()["codebuild"]
    variables = [
        {"name": "IMAGE_TAG", "value": "a", "type": "PLAINTEXT"},
        {"name": "BASE_IMAGE", "value": "b", "type": "PLAINTEXT"},
    ]
    asked = {"projectName": "image", "idempotencyToken": "one"}
    client.start_build(**asked, environmentVariablesOverride=variables)
    with pytest.raises(ClientError, match="InvalidInputException"):
        client.start_build(**asked, environmentVariablesOverride=variables[:1])


@pytest.mark.parametrize("where", ["local stack", "simulation"])
def test_a_message_is_hidden_for_12_hours_after_its_receive_at_most(
    where: str, aws: Callable[[str], Any]
) -> None:
    client = aws("sqs") if where == "local stack" else simulated()["sqs"]
    client.send_message(
        **sent(MessageGroupId=where.replace(" ", "-"), MessageDeduplicationId=where[:5])
    )
    url = sent()["QueueUrl"]
    (message,) = client.receive_message(QueueUrl=url, VisibilityTimeout=60)["Messages"]
    handle = message["ReceiptHandle"]
    if where == "simulation":
        client._agenda.run(1)
    with pytest.raises(ClientError, match="Total VisibilityTimeout"):
        client.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_200
        )
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_000)
    client.delete_message(QueueUrl=url, ReceiptHandle=handle)
