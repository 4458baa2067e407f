"""DynamoDB's requests go to who is to answer them, all others to moto; all are counted."""

import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from werkzeug import Request, Response
from werkzeug.serving import make_server

from local.aws.forwarding import DYNAMODB
from local.aws.server import MotoServer
from local.clients import Clients


class Other:
    """Another DynamoDB: it has one table, and knows of no streams."""

    def __init__(self) -> None:
        self.targets: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        self.targets.append(request.headers["X-Amz-Target"])
        assert json.loads(request.get_data()) == {}
        if self.targets[-1].endswith("ListTables"):
            answer = Response(json.dumps({"TableNames": ["other"]}))
        else:
            told = {"__type": "ResourceNotFoundException", "message": "no streams"}
            answer = Response(json.dumps(told), 400)
        return answer(environ, start_response)


@pytest.fixture
def other() -> Iterator[tuple[Other, str]]:
    app = Other()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def made(other: tuple[Other, str]) -> Iterator[tuple[MotoServer, Callable[[str], Any]]]:
    with MotoServer(dynamodb=other[1]) as server:
        clients = Clients(server.url)
        yield server, clients.make
        clients.close()


def test_dynamodb_and_its_streams_are_answered_by_the_other_server(
    other: tuple[Other, str], made: tuple[MotoServer, Callable[[str], Any]]
) -> None:
    server, client = made
    assert client("dynamodb").list_tables()["TableNames"] == ["other"]
    with pytest.raises(ClientError, match="no streams") as refused:
        client("dynamodbstreams").list_streams()
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert other[0].targets == [
        "DynamoDB_20120810.ListTables",
        "DynamoDBStreams_20120810.ListStreams",
    ]
    assert server.calls.snapshot("stack") == {"dynamodb.ListTables": 1, "dynamodb.ListStreams": 1}


def test_all_other_services_are_motos(made: tuple[MotoServer, Callable[[str], Any]]) -> None:
    _, client = made
    client("sqs").create_queue(QueueName="ours")
    assert [one.rpartition("/")[2] for one in client("sqs").list_queues()["QueueUrls"]] == ["ours"]


def test_the_names_of_the_operations_are_botocores() -> None:
    session = boto3.Session()._session
    models = [session.get_service_model(name) for name in ("dynamodb", "dynamodbstreams")]
    assert tuple(f"{one.metadata['targetPrefix']}." for one in models) == DYNAMODB
