"""A healthy fleet on moto and on the GitHub stand-in, with all that Terraform makes for one."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cli.doctor.checks.observed import ALARMS
from cli.doctor.settings import FUNCTIONS
from cli.fleet.aws_fleet import AwsFleet
from local import functions as local_functions
from local.aws.server import MotoServer
from local.clients import Clients, variables
from local.description import Description
from local.functions import Endpoints
from local.github.app import App
from local.github.deliveries import Delivery, Hook
from local.github.server import GitHub
from local.resources import MakeClient, Resources, create
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.ecs import CONTAINER
from tests.cli.support import copy, done

PREFIX = "mini"
REPOSITORY = "octo/repo"
SECRETS = {
    "github-token": "github-token-that-nobody-may-see",
    "webhook-secret": "webhook-secret-that-nobody-may-see",
}
APP_ID = 4711
GRANTED = {"administration": "write", "actions": "read"}
CLASSES = {"small": {"cpu": 512, "memory": 1024, "capacity": ["FARGATE_SPOT", "FARGATE"]}}
QUOTA = {"GetServiceQuota": {"Quota": {"Value": 100.0}}}
ACCOUNT = {
    "GetAccountSettings": {
        "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}
    }
}
"""What moto does not have."""
Scripted = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""Returns the answer to a call, by its parameters, or None: moto answers it."""


class ScriptedFleet(AwsFleet):
    """The fleet of the command line, of which a test scripts the answers to some operations."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(environment)
        self.scripted: dict[str, Scripted] = {}
        self.called: set[str] = set()
        self._heard: set[str] = set()

    def client(self, service: str) -> Any:
        client = super().client(service)
        if service not in self._heard:
            self._heard.add(service)
            client.meta.events.register("before-call", self._answer)
        return client

    def _answer(self, model: Any, params: Mapping[str, Any], **_: Any) -> Any:
        self.called.add(f"{model.service_model.signing_name}:{model.name}")
        answer = self.scripted.get(model.name)
        told = answer(params) if answer else None
        if told is None:
            return None
        status = 400 if "Error" in told else 200
        response = {"ResponseMetadata": {"HTTPStatusCode": status}, **told}
        return AWSResponse("", status, {}, None), response


@dataclass(frozen=True, kw_only=True)
class Site:
    """The fleet, and what a test breaks of it."""

    resources: Resources
    client: MakeClient
    fleet: ScriptedFleet
    github: GitHub
    app: App
    hook: Hook
    api_id: str
    route_table: str
    other_key: str

    @contextmanager
    def answers(self, operation: str, answer: Scripted) -> Iterator[None]:
        """Script the answers to an operation of AWS."""
        before = self.fleet.scripted.get(operation)
        self.fleet.scripted[operation] = answer
        yield
        del self.fleet.scripted[operation]
        if before:
            self.fleet.scripted[operation] = before

    def environment(self, function: str) -> dict[str, str]:
        """The environment of a function."""
        found = self.client("lambda").get_function_configuration(
            FunctionName=f"{PREFIX}-{function}"
        )
        return dict(found["Environment"]["Variables"])

    @contextmanager
    def configured(self, *functions: str, **values: str) -> Iterator[None]:
        """Set variables of functions."""
        before = {one: self.environment(one) for one in functions}
        for one, given in before.items():
            self._configure(one, given | values)
        yield
        for one, given in before.items():
            self._configure(one, given)

    def _configure(self, function: str, variables: Mapping[str, str]) -> None:
        self.client("lambda").update_function_configuration(
            FunctionName=f"{PREFIX}-{function}", Environment={"Variables": variables}
        )


def delivery(number: int, code: int = 200, *, event: str = "workflow_job") -> Delivery:
    """One attempt of GitHub's, of long ago enough to be settled."""
    return Delivery(
        id=number,
        guid=f"guid-{number}",
        event=event,
        action="queued",
        payload=b"{}",
        headers={},
        repository=REPOSITORY,
        delivered_at=datetime.now(UTC).replace(microsecond=0),
        status="OK" if 200 <= code < 300 else "Failed",
        status_code=code,
    )


@contextmanager
def standing(aws: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A healthy fleet, until the context ends."""
    clients = Clients(aws.url)
    make = cache(clients.make)  # a client takes longer to create than most calls
    private, public = _key_pair()
    app = App(id=APP_ID, public_key=public, installations={"octo": 1}, permissions=GRANTED)
    with GitHub(token=SECRETS["github-token"], app=app) as github:
        parameters = {"class-sizes": json.dumps(CLASSES), "github-app-key": private, **SECRETS}
        resources = create(Description(PREFIX), make, parameters)
        api_id, url = _http_api(make)
        _functions(resources, make, Endpoints(
            aws=aws.url, github=github.url, scope=REPOSITORY, webhook=url
        ))  # fmt: skip
        route_table = _account_resources(resources, make)
        hook = github.add_hook(url, SECRETS["webhook-secret"], REPOSITORY, plan=lambda _: ())
        hook._keep(delivery(2))
        log = DynamoEventLog(make("dynamodb"), f"{PREFIX}-events", f"{PREFIX}-runners")
        copy(done(), log)
        for name, value in variables(aws.url, "cli").items():
            monkeypatch.setenv(name, value)
        fleet = ScriptedFleet({"EVENTS_TABLE": f"{PREFIX}-events"})
        fleet.scripted = {
            "GetServiceQuota": lambda _: QUOTA["GetServiceQuota"],
            "GetAccountSettings": lambda _: ACCOUNT["GetAccountSettings"],
        }
        yield Site(
            resources=resources,
            client=make,
            fleet=fleet,
            github=github,
            app=app,
            hook=hook,
            api_id=api_id,
            route_table=route_table,
            other_key=_key_pair()[1],
        )
    clients.close()


def _key_pair() -> tuple[str, str]:
    """A private key and its public key, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


# --- Lambda and what invokes it ------------------------------------------------------------------


def _functions(resources: Resources, client: MakeClient, endpoints: Endpoints) -> None:
    driving = local_functions.fleet(resources, endpoints) | {
        "MAX_RUNNERS": "20",
        "ASSIGN_PUBLIC_IP": "true",
    }
    environments = {
        "ingest": local_functions.ingest(resources, endpoints),
        "outbox": local_functions.outbox(resources),
        "janitor": driving
        | local_functions.janitor(endpoints)
        | local_functions.dead_letters(resources),
        **{one: driving | {"QUEUE_URL": url} for one, url in resources.queues.items()},
    }
    role = _role(client("iam"), f"{PREFIX}-function")
    for one in FUNCTIONS:
        client("lambda").create_function(
            FunctionName=f"{PREFIX}-{one}",
            Description=f"Does its work (ecs-runner-fleet {version('ecs-runner-fleet')})",
            Role=role,
            Runtime="python3.13",
            Handler=f"functions.{one}.handler.handler",
            Timeout=resources.description.timeout,
            Code={"ZipFile": _zip()},
            Environment={"Variables": environments[one]},
        )
    _sources(resources, client)


def _role(iam: Any, name: str) -> str:
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"])


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("handler.py", "")
    return file.getvalue()


def _arn(client: MakeClient, function: str) -> str:
    found = client("lambda").get_function_configuration(FunctionName=f"{PREFIX}-{function}")
    return str(found["FunctionArn"])


def _sources(resources: Resources, client: MakeClient) -> None:
    lambdas, sqs = client("lambda"), client("sqs")
    partial = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    lambdas.create_event_source_mapping(
        EventSourceArn=resources.stream_arn,
        FunctionName=f"{PREFIX}-outbox",
        StartingPosition="TRIM_HORIZON",
        **partial,
    )
    for consumer, url in resources.queues.items():
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        lambdas.create_event_source_mapping(
            EventSourceArn=arn["QueueArn"], FunctionName=f"{PREFIX}-{consumer}", **partial
        )
    for end in ("task-events", "build-events"):
        name = f"{PREFIX}-{end}"
        client("events").put_rule(Name=name, EventPattern='{"source": ["aws.ecs"]}')
        target = {"Id": "ingest", "Arn": _arn(client, "ingest")}
        client("events").put_targets(Rule=name, Targets=[target])
    for sid in ("task-events", "build-events", "webhook"):
        lambdas.add_permission(
            FunctionName=f"{PREFIX}-ingest",
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )
    warm = [(f"{one}-warm", one) for one in ("ingest", "outbox", "scheduler")]
    for end, function in (("janitor", "janitor"), *warm):
        client("scheduler").create_schedule(
            Name=f"{PREFIX}-{end}",
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": _arn(client, function), "RoleArn": "arn:aws:iam::123456789012:role/x"},
        )
    _integration(client)


def _http_api(client: MakeClient) -> tuple[str, str]:
    api = client("apigatewayv2").create_api(Name=f"{PREFIX}-webhook", ProtocolType="HTTP")
    return str(api["ApiId"]), f"{api['ApiEndpoint']}/webhook"


def _integration(client: MakeClient) -> None:
    gateway = client("apigatewayv2")
    (api,) = gateway.get_apis()["Items"]
    uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations"
    integration = gateway.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=uri.format(_arn(client, "ingest")),
    )
    gateway.create_route(
        ApiId=api["ApiId"],
        RouteKey="POST /webhook",
        Target=f"integrations/{integration['IntegrationId']}",
    )


# --- everything else -----------------------------------------------------------------------------


def _account_resources(resources: Resources, client: MakeClient) -> str:
    _alarms(client("cloudwatch"))
    _role(client("iam"), "AWSServiceRoleForECS")
    client("dynamodb").update_continuous_backups(
        TableName=f"{PREFIX}-events",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    _tasks(resources, client)
    _build_project(resources, client)
    return _network(resources, client("ec2"))


def _build_project(resources: Resources, client: MakeClient) -> None:
    """Create the project again, as Terraform has it: with the runner's version and a source."""
    name, bucket = resources.image_project, resources.description.bucket
    project = resources.description.build_project("123456789012")
    project["source"]["location"] = f"{bucket}/runner.zip"
    project["environment"]["environmentVariables"] = [
        {"name": "RUNNER_VERSION", "value": "2.330.0"}
    ]
    client("s3").put_object(Bucket=bucket, Key="runner.zip", Body=b"x")
    client("codebuild").delete_project(name=name)
    client("codebuild").create_project(**project)


def _alarms(cloudwatch: Any) -> None:
    for one in ALARMS:
        cloudwatch.put_metric_alarm(
            AlarmName=f"{PREFIX}-{one}",
            AlarmDescription=f"Read the log of {one}",
            Namespace="EcsRunnerFleet",
            MetricName="Unreadable",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
        )


def _tasks(resources: Resources, client: MakeClient) -> None:
    """Register the task definition as Terraform has it, with roles."""
    ecs, role = client("ecs"), _role(client("iam"), f"{PREFIX}-runner-execution")
    ecs.put_cluster_capacity_providers(
        cluster=PREFIX,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[],
    )
    log = {"awslogs-group": f"/{PREFIX}/runners", "awslogs-region": "eu-west-1"}
    found = ecs.register_task_definition(
        family=f"{PREFIX}-runner",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=role,
        containerDefinitions=[
            {
                "name": CONTAINER,
                "image": "runner",
                "essential": True,
                "memory": 512,
                "logConfiguration": {"logDriver": "awslogs", "options": log},
            }
        ],
    )
    arn = found["taskDefinition"]["taskDefinitionArn"]
    for one in ("scheduler", "reconciler", "janitor"):
        name, lambdas = f"{PREFIX}-{one}", client("lambda")
        before = lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        lambdas.update_function_configuration(
            FunctionName=name, Environment={"Variables": before | {"TASK_DEFINITION": arn}}
        )


def _network(resources: Resources, ec2: Any) -> str:
    """Route the subnet to an internet gateway."""
    (subnet,) = ec2.describe_subnets(SubnetIds=list(resources.subnets))["Subnets"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=subnet["VpcId"])
    table = ec2.create_route_table(VpcId=subnet["VpcId"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet["SubnetId"])
    return str(table)
