"""What requests that AWS would refuse are made of, and sent to. No test is here."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from local.aws.validation.learned import Learned
from local.description import runners_table
from tests.simulated.agenda import Agenda
from tests.simulated.aws.codebuild import CodeBuild
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.ecr import ECR
from tests.simulated.aws.ecs import ECS
from tests.simulated.aws.events import Events
from tests.simulated.aws.sqs import SQS, Queue
from tests.simulated.aws.stores import S3, SSM
from tests.simulated.weather import Weather

TABLE = "judged-runners"
QUEUE = "judged.fifo"
PLAIN_QUEUE = "judged"
URL = f"https://sqs.us-east-1.amazonaws.com/123456789012/{QUEUE}"
PLAIN_URL = URL.removesuffix(".fifo")
CLUSTER = "judged"

Params = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A request that breaks one rule, and no other that is asked before it."""

    rule: str
    service: str
    operation: str
    params: Params

    def __str__(self) -> str:
        return f"{self.rule}: {self.operation}"


def item(**more: Params) -> Params:
    """A row of the runners table with further attributes."""
    return {"runner_id": {"S": "fleet-7-1"}, **more}


def put(**more: Params) -> Params:
    """A write of it."""
    return {"TableName": TABLE, "Item": item(**more)}


def update(expression: str, values: Params | None = None) -> Params:
    """A change of it."""
    given = {"ExpressionAttributeValues": values} if values else {}
    key = {"runner_id": {"S": "fleet-7-1"}}
    return {"TableName": TABLE, "Key": key, "UpdateExpression": expression, **given}


def query(**more: Any) -> Params:
    """A read of the runners that wait."""
    return {
        "TableName": TABLE,
        "IndexName": "by_arrival",
        "KeyConditionExpression": "waiting = :waiting",
        "ExpressionAttributeValues": {":waiting": {"S": "1"}},
        **more,
    }


def sent(**more: Any) -> Params:
    """A message to the FIFO queue."""
    return {
        "QueueUrl": URL,
        "MessageBody": "{}",
        "MessageGroupId": "job-7",
        "MessageDeduplicationId": "delivery/1",
        **more,
    }


def entry(number: str, **more: Any) -> Params:
    """A message in a batch."""
    return {key: one for key, one in sent(Id=number, **more).items() if key != "QueueUrl"}


def run(**more: Any) -> Params:
    """A task of the kind that the product runs."""
    return {
        "cluster": CLUSTER,
        "taskDefinition": "runner:1",
        "count": 1,
        "clientToken": "fleet-7-1",
        "startedBy": "fleet-7-1",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}
        },
        "overrides": overrides("arn:aws:s3:::configs/fleet-7-1.env"),
        **more,
    }


def overrides(*files: str, cpu: str = "512", memory: str = "1024") -> Params:
    """What is different from the task's definition."""
    told = [{"value": file, "type": "s3"} for file in files]
    return {
        "cpu": cpu,
        "memory": memory,
        "containerOverrides": [{"name": "runner", "environmentFiles": told}],
    }


def definition(**more: Any) -> Params:
    """A task definition for Fargate."""
    return {
        "family": "runner",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "runner", "image": "runner"}],
        **more,
    }


def event(**more: Any) -> Params:
    """A notice on the bus."""
    told = {"Source": "ecs-runner-fleet", "DetailType": "Job Stuck", "Detail": "{}", **more}
    return {"Entries": [{name: one for name, one in told.items() if one is not None}]}


def redrive(target: str, receives: int) -> Params:
    """Attributes of a queue whose messages die."""
    policy = {"deadLetterTargetArn": target, "maxReceiveCount": receives}
    return {"FifoQueue": "true", "RedrivePolicy": json.dumps(policy)}


class Known(Learned):
    """What rules know of the table and the queues here."""

    def __init__(self) -> None:
        super().__init__()
        self.learn("dynamodb.CreateTable", runners_table(TABLE))
        self.learn("sqs.CreateQueue", {"QueueName": QUEUE, "Attributes": {"FifoQueue": "true"}})
        self.learn("sqs.CreateQueue", {"QueueName": PLAIN_QUEUE})


def simulated() -> dict[str, Any]:
    """The simulated clients by service, with the table and the queue in them."""
    agenda = Agenda(Random(0))
    dynamodb = DynamoDB(agenda)
    dynamodb.create_table(**runners_table(TABLE))
    sqs = SQS(agenda)
    sqs.create(Queue(URL))
    sqs.create(Queue(PLAIN_URL, fifo=False))
    ecr = ECR(agenda, "123456789012", "runner")
    return {
        "dynamodb": dynamodb,
        "sqs": sqs,
        "ecr": ecr,
        "ecs": ECS(agenda, Weather(), f"arn:aws:ecs:us-east-1:123456789012:cluster/{CLUSTER}"),
        "codebuild": CodeBuild(agenda, Weather(), "image", ecr, "runner"),
        "s3": S3("configs"),
        "ssm": SSM({}),
        "events": Events("fleet"),
    }
