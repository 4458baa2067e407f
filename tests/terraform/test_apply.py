"""The examples, really made in an AWS on this machine: whole, stable, without a secret, used, gone.

Making them takes minutes, so everything that can be asked of them is asked of the same two.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from moto.events.models import EventPattern

from cli.fleet.context import MEANINGS
from local.aws.calls import Call
from local.aws.server import MotoServer
from local.clients import Clients
from local.description import MAX_RECEIVES, Description
from local.functions import Endpoints
from local.github.server import GitHub
from local.lambdas.sources.schedule import scheduled_event
from local.stack import Options, Stack
from local.terraform import OtherScopeError
from shared import settings
from shared.adapters.ecs import CONTAINER
from shared.adapters.images import BASE_VARIABLE, TAG_VARIABLE
from shared.reporting import NAMESPACE
from smoke.catalogue import APPLY, CHECKS, CLEAN_UP
from tests.smoke import process
from tests.support.task_states import differences
from tests.terraform import granted, reports, services, story
from tests.terraform.conftest import SECRETS, Make
from tests.terraform.environments import SETTINGS
from tests.terraform.insights import Query
from tests.terraform.inventory import inventory
from tests.terraform.requests import requests
from tests.terraform.standing import EXAMPLES, Made, stand
from tests.terraform.support import FUNCTIONS, PROJECT, TerraformError

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow(file=True, seconds=240)]


@pytest.fixture(scope="module")
def clients(aws: MotoServer) -> Iterator[Clients]:
    clients = Clients(aws.url)
    yield clients
    clients.close()


@pytest.fixture(scope="module")
def before(clients: Clients) -> dict[str, list[str]]:
    """What there is before anything is made."""
    return inventory(clients.make)


@pytest.fixture(scope="module")
def standing(
    aws: MotoServer, clients: Clients, before: object, make: Make, zips: Path
) -> dict[str, Made]:
    """Both examples."""
    return stand(aws, clients.make, make, zips)


@pytest.fixture(params=EXAMPLES)
def made(request: pytest.FixtureRequest, standing: Mapping[str, Made]) -> Made:
    """Each of them."""
    return standing[request.param]


@pytest.fixture
def complete(standing: Mapping[str, Made]) -> Made:
    """The one that lets jobs choose images; on the other less is called than may be."""
    return standing["complete"]


@pytest.fixture
def minimal(standing: Mapping[str, Made]) -> Made:
    return standing["minimal"]


@pytest.fixture(scope="module")
def told(
    standing: Mapping[str, Made], zips: Path, tmp_path_factory: pytest.TempPathFactory
) -> story.Told:
    """The story, told on the complete one."""
    options = Options(repository=story.REPOSITORY, zips=zips, janitor_seconds=3600)
    fleet = standing["complete"].fleet()
    calls: list[Call] = []
    fleet.aws.calls.listen(calls.append)
    with Stack(tmp_path_factory.mktemp("stack"), options, fleet) as stack:
        return story.tell(stack, calls)


def test_a_second_plan_asks_for_no_secret_and_changes_nothing(made: Made) -> None:
    inputs = {name: value for name, value in made.terraform.inputs.items() if name not in SECRETS}
    later = replace(made, terraform=replace(made.terraform, inputs=inputs))
    assert later.changes() == {}


def test_another_version_of_a_secret_asks_for_it(minimal: Made) -> None:
    root = minimal.terraform.directory / "another_version_override.tf"
    root.write_text('module "fleet" { webhook_secret_version = 2 }\n')
    inputs = {key: value for key, value in minimal.terraform.inputs.items() if key not in SECRETS}
    try:
        with pytest.raises(
            TerraformError, match="webhook_secret is not set, but has to be written"
        ):
            replace(minimal.terraform, inputs=inputs).run("plan", "-input=false")
    finally:
        root.unlink()


def test_no_secret_is_in_the_state_and_both_are_in_their_parameters(made: Made) -> None:
    state = made.terraform.run("state", "pull")
    assert made.prefix in state
    assert not [secret for secret in SECRETS.values() if secret in state]
    names = {"github_pat": "github-token", "webhook_secret": "webhook-secret"}
    for name, secret in SECRETS.items():
        parameter = made.client("ssm").get_parameter(
            Name=f"/{made.prefix}/{names[name]}", WithDecryption=True
        )["Parameter"]
        assert (parameter["Type"], parameter["Value"]) == ("SecureString", secret)


def test_every_function_starts_with_the_environment_that_it_has_in_aws(made: Made) -> None:
    told = made.told["function_environments"]
    for name in FUNCTIONS:
        found = made.client("lambda").get_function(FunctionName=f"{made.prefix}-{name}")
        environment = found["Configuration"]["Environment"]["Variables"]
        assert environment == told[name]
        settings.load(SETTINGS[name], environment)
        assert not set(environment.values()) & set(SECRETS.values())


def test_dead_messages_go_where_the_local_stacks_go(made: Made) -> None:
    description = Description(made.prefix)
    sqs = made.client("sqs")
    for consumer in ("scheduler", "reconciler"):
        url = sqs.get_queue_url(QueueName=description.queue(consumer))["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        policy = json.loads(told["RedrivePolicy"])
        assert policy["maxReceiveCount"] == MAX_RECEIVES
        assert policy["deadLetterTargetArn"].endswith(f":{description.dead_letters(consumer)}")


def test_the_rule_matches_the_states_of_tasks_that_the_stand_ins_send(made: Made) -> None:
    """The pattern is evaluated by moto."""
    rule = made.client("events").describe_rule(Name=f"{made.prefix}-task-events")
    pattern = EventPattern.load(rule["EventPattern"])
    assert differences(pattern.matches_event, made.told["cluster"]["arn"]) == []


def test_a_build_is_told_what_its_script_reads(made: Made) -> None:
    (project,) = made.client("codebuild").batch_get_projects(
        names=[made.told["image_build_project"]]
    )["projects"]
    told = {one["name"]: one["value"] for one in project["environment"]["environmentVariables"]}
    script = (PROJECT / "runner" / "build.sh").read_text()
    assert told["REPOSITORY_URI"] == made.told["repository_url"]
    assert [
        name for name in (*told, TAG_VARIABLE, BASE_VARIABLE) if f"${{{name}:-}}" not in script
    ] == []
    assert not set(told) & {TAG_VARIABLE, BASE_VARIABLE}, "its start tells it these"


def test_the_task_definition_has_the_one_container_that_launches_override(made: Made) -> None:
    described = made.client("ecs").describe_task_definition(
        taskDefinition=made.told["task_definition"]
    )["taskDefinition"]
    (container,) = described["containerDefinitions"]
    assert container["name"] == CONTAINER
    assert not container.get("memory"), "it would bound the runner, whatever its class"
    assert not container.get("environment")
    assert not container.get("secrets")


def test_what_jobs_run_as_can_do_nothing(made: Made) -> None:
    role = made.told["role_arns"]["runner-task"].rpartition("/")[2]
    iam = made.client("iam")
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


def test_alarms_look_at_metrics_that_the_functions_have(made: Made) -> None:
    alarms = made.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{made.prefix}-")
    ours = [one for one in alarms["MetricAlarms"] if one.get("Namespace") == NAMESPACE]
    assert len(ours) > 5
    assert {one["MetricName"] for one in ours} - reports.metrics() == set()
    dimensions = [{"Name": "fleet", "Value": made.prefix}]
    assert all(one["Dimensions"] == dimensions for one in ours)


def test_the_dashboard_reads_the_logs_that_there_are(made: Made) -> None:
    if made.told["dashboard"] is None:
        assert made.prefix == "minimal"
        return
    body = made.client("cloudwatch").get_dashboard(DashboardName=made.prefix)["DashboardBody"]
    widgets = [one for one in json.loads(body)["widgets"] if one["type"] == "log"]
    queries = [Query(one["properties"]["query"]) for one in widgets]
    groups = {name for query in queries for name in query.groups}
    assert groups == {f"/aws/lambda/{made.prefix}-{name}" for name in FUNCTIONS if name != "outbox"}
    pages = made.client("logs").get_paginator("describe_log_groups").paginate()
    assert groups <= {one["logGroupName"] for page in pages for one in page["logGroups"]}


def test_the_command_line_is_told_all_that_it_may_ask_for(made: Made) -> None:
    exports = made.terraform.run("output", "-raw", "cli_exports")
    told = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines())
    assert set(told) == {*MEANINGS, "AWS_REGION"}
    assert told["EVENTS_TABLE"] == f"'{made.prefix}-events'"


@pytest.mark.parametrize("command", ["runners list", "queues", "list-class-sizes"])
def test_the_command_line_needs_nothing_but_its_exports_and_the_users_credentials(
    complete: Made, command: str
) -> None:
    found = complete.ecsrunner(command)
    assert found.returncode == 0, found.stderr


def test_the_command_line_needs_nothing_but_the_fleets_name_and_the_users_credentials(
    made: Made,
) -> None:
    region = made.told["cli_environment"]["AWS_REGION"]
    found = made.ecsrunner(f"--fleet {made.prefix} --region {region} runners list", exports="A=b")
    assert found.returncode == 0, found.stderr
    assert made.told["cli_parameter"] == f"/ecs-runner-fleet/{made.prefix}/cli"
    value = made.client("ssm").get_parameter(Name=made.told["cli_parameter"])["Parameter"]["Value"]
    assert json.loads(value)["variables"] == made.told["cli_environment"]


def test_a_name_that_no_fleet_has_is_refused_with_those_of_the_account(minimal: Made) -> None:
    found = minimal.ecsrunner("--fleet none runners list")
    assert found.returncode == 2
    assert "fleets there: complete, minimal" in " ".join(found.stderr.split())


ABSENT_IN_MOTO = {"concurrency", "fargate-quota", "codebuild-quota"}
"""The doctor's checks of quotas, which moto does not have."""


def test_the_doctor_finds_nothing_wrong_with_a_fleet_as_terraform_makes_it(minimal: Made) -> None:
    with at_github(minimal), way_out(minimal):
        found = minimal.ecsrunner("doctor --json")
    told = {one["check"]: one for one in json.loads(found.stdout)["checks"]}
    wrong = {name: one["findings"] for name, one in told.items() if one["status"] != "ok"}
    assert set(wrong) == ABSENT_IN_MOTO, json.dumps(wrong, indent=2)
    assert {told[name]["status"] for name in wrong} <= {"unknown", "skipped"}


@contextmanager
def at_github(made: Made) -> Iterator[None]:
    """GitHub on this machine with the fleet's webhook, and the role of an account that uses ECS."""
    lambdas, iam = made.client("lambda"), made.client("iam")
    role = "AWSServiceRoleForECS"
    with GitHub(token=SECRETS["github_pat"]) as github:
        github.add_hook(made.told["webhook_url"], "secret", story.REPOSITORY, plan=lambda _: ())
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        before = {}
        for one in ("scheduler", "reconciler", "janitor"):
            name = f"{made.prefix}-{one}"
            before[name] = lambdas.get_function_configuration(FunctionName=name)["Environment"]
            changed = before[name]["Variables"] | {"GITHUB_API_URL": github.url}
            lambdas.update_function_configuration(
                FunctionName=name, Environment={"Variables": changed}
            )
        yield
        for name, environment in before.items():
            lambdas.update_function_configuration(FunctionName=name, Environment=environment)
        iam.delete_role(RoleName=role)


@contextmanager
def way_out(made: Made) -> Iterator[None]:
    """The default VPC's route to an internet gateway, which moto's default VPC lacks."""
    ec2 = made.client("ec2")
    subnets = made.told["function_environments"]["scheduler"]["SUBNET_IDS"].split(",")
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    (table,) = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    route = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "0.0.0.0/0"}
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_route(**route, GatewayId=gateway)
    yield
    ec2.delete_route(**route)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_stack_whose_jobs_the_fleet_does_not_serve_says_so(complete: Made) -> None:
    other = Endpoints(aws=complete.aws.url, github="http://127.0.0.1:1", scope="other")
    with pytest.raises(OtherScopeError, match=r"the fleet serves acme.*, but not other"):
        complete.fleet().deploy(complete.client, other, {})


def test_jobs_go_from_webhook_to_their_end_and_leave_nothing(told: story.Told) -> None:
    assert told.wrong == []
    # GitHub may give one job the other's runner.
    for name in ("plain", "on an image"):
        assert {"JobQueued", "JobStarted", "JobCompleted"} <= set(told.events[name])
    assert {"RunnerLaunched", "TaskStopped"} <= set(told.events["on an image"])
    assert "JobRejected" in told.events["too large"]
    assert "RunnerLaunched" not in told.events["obsolete"]
    assert "StopIntended" in told.events["terminated"], ", ".join(told.events["terminated"])
    assert told.stopped_by == story.OPERATORS_REASON


def test_every_call_is_granted_and_every_grant_is_used(complete: Made, told: story.Told) -> None:
    outputs = complete.told
    besides = granted.out_of_reach(outputs)
    found: list[str] = []
    for name in FUNCTIONS:
        policy = granted.policy(complete.client("iam"), outputs["role_arns"][name])
        asked = told.asked[name].union(*(requests(call, lambda _: ()) for call in besides[name]))
        if name == "outbox":
            asked |= services.by_the_stream(complete.client, outputs)
        found += granted.differences(name, policy, asked)
    assert not found, "\n".join(found)


def test_awss_services_may_do_what_they_have_their_roles_for_and_no_more(made: Made) -> None:
    iam, found = made.client("iam"), list[str]()
    judged = {arn for name, arn in made.told["role_arns"].items() if name != "runner-execution"}
    for who, role, asked in services.asked(made.client, made.told):
        judged.add(role)
        found += granted.differences(who, granted.policy(iam, role), asked)
    assert not found, "\n".join(found)
    roles = {one["Arn"] for one in iam.list_roles()["Roles"]}
    assert {one for one in roles if f":role/{made.prefix}-" in one} == judged


def test_the_other_fleet_heard_nothing_of_it_and_runs_a_job_of_its_own(
    minimal: Made, told: story.Told, zips: Path, tmp_path: Path
) -> None:
    fleet = minimal.fleet()
    for table in fleet.outputs["tables"].values():
        assert minimal.client("dynamodb").scan(TableName=table)["Items"] == []
    options = Options(repository=story.REPOSITORY, zips=zips, janitor_seconds=3600)
    with Stack(tmp_path, options, fleet) as stack:
        assert story.one_job(stack) == []


def test_the_smoke_test_sees_every_link_of_a_fleet_to_the_end_of_its_runner(
    minimal: Made, zips: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(SECRETS["github_pat"])
    at_leisure = {"START_TIMEOUT_SECONDS": "300", "IDLE_TIMEOUT_SECONDS": "300"}
    fleet = replace(minimal.fleet(), limits=at_leisure)
    options = Options(repository=story.REPOSITORY, zips=zips, janitor_seconds=3600)
    absent = [f"{name}=moto does not have it" for name in ("ecs-role", "lambda-quota")]
    with Stack(tmp_path, options, fleet) as stack:
        found = process.smoke(
            minimal.terraform.directory,
            minimal.aws.url,
            *("--webhook-url", stack.webhook_url, "--github-url", stack.github.url),
            *("--room", str(tmp_path)),
            *("--repository", story.REPOSITORY, "--token-file", str(token)),
            *(word for one in absent for word in ("--skip", one)),
            meanwhile=partial(_janitor_runs, stack, minimal),
        )
        assert found.returncode == 0, found.stdout + found.stderr
        assert stack.github.actions.registered() == []
    told = process.verdicts(found.stdout)
    assert [title for _, title in told] == [one.title for one in CHECKS]
    ok = {title for verdict, title in told if verdict == "ok"}
    chain = CHECKS[CHECKS.index(APPLY) + 1 : -len(CLEAN_UP)]
    assert {one.title for one in chain} - ok == set()
    assert not [secret for secret in SECRETS.values() if secret in found.stdout]


def _janitor_runs(stack: Stack, made: Made) -> None:
    """A run as Lambda has it: the function, and Lambda's own line about it in the log."""
    assert stack.host.invoke("janitor", scheduled_event("janitor", datetime.now(UTC))).error is None
    logs = made.client("logs")
    stream = {"logGroupName": f"/aws/lambda/{made.prefix}-janitor", "logStreamName": str(uuid4())}
    logs.create_log_stream(**stream)
    at = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(
        **stream, logEvents=[{"timestamp": at, "message": "REPORT RequestId: 1\tDuration: 9 ms"}]
    )


def test_a_fleet_is_destroyed_without_a_trace_and_without_the_other(
    complete: Made, minimal: Made, before: dict[str, list[str]]
) -> None:
    complete.terraform.run("destroy", "-auto-approve")
    assert complete.terraform.run("state", "list") == ""
    assert minimal.changes() == {}
    minimal.terraform.run("destroy", "-auto-approve")
    left = inventory(minimal.client)
    # Those of the images are the functions' own work, and Terraform leaves its own for tasks that
    # run; docs/install.md tells how they go.
    kept = re.compile(":task-definition/(complete|minimal)-runner[-:]")
    left["definitions"] = [one for one in left["definitions"] if not kept.search(one)]
    assert left == before
