"""What AWS's services ask of IAM in the roles that the fleet gives them, by what they are given.

Sources: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"; EventBridge
Scheduler User Guide, "Execution role"; Amazon ECS Developer Guide, "Task execution IAM role"; AWS
CodeBuild User Guide, "Allow CodeBuild to interact with other AWS services".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from tests.terraform.iam import Request
from tests.terraform.requests import REGION

_PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
_PUSH = ("CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart")
_STREAM = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")

Asked = tuple[str, str, set[Request]]
"""Who asks for what, in which role: a name, the role's ARN, the requests."""


def asked(client: Callable[[str], Any], told: Mapping[str, Any]) -> Iterator[Asked]:
    """By each service that has a role of the fleet whose outputs are `told`."""
    prefix = told["function_environments"]["scheduler"]["PREFIX"]
    yield _schedules(client("scheduler"), prefix)
    repository = _arn("ecr", f"repository/{told['repository_url'].partition('/')[2]}")
    yield _task(client("ecs"), told, repository)
    (project,) = client("codebuild").batch_get_projects(names=[told["image_build_project"]])[
        "projects"
    ]
    yield _build(project, repository)


def by_the_stream(client: Callable[[str], Any], told: Mapping[str, Any]) -> set[Request]:
    """What Lambda asks for in the outbox's role to read the stream and to keep what failed."""
    stream = f"table/{told['tables']['events']}/stream/"
    found = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = (one for one in found if stream in one["EventSourceArn"])
    destination = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    reads = _each("dynamodb", _STREAM, mapping["EventSourceArn"])
    return reads | {Request("sqs:SendMessage", destination)}


def _schedules(scheduler: Any, prefix: str) -> Asked:
    """They share a role."""
    names = [one["Name"] for one in scheduler.list_schedules(NamePrefix=f"{prefix}-")["Schedules"]]
    targets = [scheduler.get_schedule(Name=name)["Target"] for name in names]
    (role,) = {one["RoleArn"] for one in targets}
    invokes = {Request("lambda:InvokeFunction", one["Arn"]) for one in targets}
    letters = [one["DeadLetterConfig"] for one in targets if one.get("DeadLetterConfig")]
    keeps = {Request("sqs:SendMessage", one["Arn"]) for one in letters}
    return f"the schedules {', '.join(names)}", role, invokes | keeps


def _task(ecs: Any, told: Mapping[str, Any], repository: str) -> Asked:
    """Start a task: its environment file, its image, its log."""
    definition = ecs.describe_task_definition(taskDefinition=told["task_definition"])
    (container,) = definition["taskDefinition"]["containerDefinitions"]
    bucket = f"arn:aws:s3:::{told['config_bucket']}"
    requests = {
        Request("s3:GetObject", f"{bucket}/a-runner.env"),
        Request("s3:GetBucketLocation", bucket),
        Request("ecr:GetAuthorizationToken", "*"),
        *_each("ecr", _PULL, repository),
        *_log(container["logConfiguration"]["options"]["awslogs-group"]),
    }
    return "ECS's agent", definition["taskDefinition"]["executionRoleArn"], requests


def _build(project: Mapping[str, Any], repository: str) -> Asked:
    """Build an image: its source, its base and itself, its log."""
    source = f"arn:aws:s3:::{project['source']['location']}"
    bucket = source.partition("/")[0]
    requests = {
        *_each("s3", ("GetObject", "GetObjectVersion"), source),
        *_each("s3", ("GetBucketAcl", "GetBucketLocation"), bucket),
        Request("ecr:GetAuthorizationToken", "*"),
        *_each("ecr", (*_PULL, *_PUSH), repository),
        # By runner/build.sh, which asks whether the tag is there already.
        Request("ecr:DescribeImages", repository),
        *_log(project["logsConfig"]["cloudWatchLogs"]["groupName"]),
    }
    return f"the project {project['name']}", project["serviceRole"], requests


def _each(service: str, actions: Iterable[str], resource: str) -> set[Request]:
    return {Request(f"{service}:{action}", resource) for action in actions}


def _log(group: str) -> set[Request]:
    stream = _arn("logs", f"log-group:{group}:log-stream:one")
    return _each("logs", ("CreateLogStream", "PutLogEvents"), stream)


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{DEFAULT_ACCOUNT_ID}:{resource}"
