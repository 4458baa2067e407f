"""The table of all checks, in the order in which their findings are reported."""

from cli.doctor.checks import (
    data,
    functions,
    github,
    image_sizes,
    images,
    network,
    observed,
    parameters,
    queues,
    quotas,
    sources,
    tasks,
    versions,
    webhook,
)
from cli.doctor.finding import Check

ALWAYS = ("lambda:GetFunctionConfiguration",)
"""The actions of every check: the functions' environments have the names of all resources."""
_SECRETS = ("ssm:GetParameters", "kms:Decrypt")
_ROWS = ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem")
_TABLE = "dynamodb:DescribeTable"

CHECKS = (
    Check(
        name="functions",
        title="All functions exist and can be invoked",
        run=functions.deployed,
        actions=ALWAYS,
    ),
    Check(
        name="settings",
        title="The functions have valid settings, and the same",
        run=functions.configured,
        actions=ALWAYS,
    ),
    Check(
        name="concurrency",
        title="Lambda may run the functions, enough of them at once",
        run=functions.concurrency,
        actions=("lambda:GetFunctionConcurrency", "lambda:GetAccountSettings"),
    ),
    Check(
        name="versions",
        title="All functions and ecsrunner are of one version",
        run=versions.agree,
        actions=ALWAYS,
    ),
    Check(
        name="exports",
        title="The environment of ecsrunner names this fleet",
        run=versions.exports,
        actions=ALWAYS,
    ),
    Check(
        name="secrets",
        title="The parameters of the secrets exist and have values",
        run=parameters.secrets,
        actions=_SECRETS,
    ),
    Check(
        name="class-sizes",
        title="The class sizes are valid",
        run=parameters.classes,
        actions=("ssm:GetParameters",),
    ),
    Check(
        name="github",
        title="GitHub accepts each credential, and registers runners with it",
        run=github.credentials,
        actions=_SECRETS,
    ),
    Check(
        name="github-jobs",
        title="The credentials may read jobs",
        run=github.actions,
        actions=_SECRETS,
    ),
    Check(
        name="runner-groups",
        title="The runner groups exist, and are open to their repositories",
        run=github.groups,
        actions=_SECRETS,
    ),
    Check(
        name="webhook",
        title="The webhook exists, is active and sends workflow jobs",
        run=webhook.hooks,
        actions=_SECRETS,
    ),
    Check(
        name="deliveries",
        title="The webhook's deliveries succeed",
        run=webhook.deliveries,
        actions=_SECRETS,
    ),
    Check(
        name="http-api",
        title="The HTTP API passes webhooks to ingest",
        run=sources.http_api,
        actions=("apigateway:GET", "lambda:GetPolicy"),
    ),
    Check(
        name="tables",
        title="Tables, indexes and the log's stream are active",
        run=data.tables,
        actions=(_TABLE,),
    ),
    Check(
        name="backups",
        title="The log can be restored",
        run=data.backups,
        actions=("dynamodb:DescribeContinuousBackups",),
    ),
    Check(
        name="mappings",
        title="The event source mappings are enabled and succeed",
        run=sources.mappings,
        actions=("lambda:ListEventSourceMappings", _TABLE),
    ),
    Check(
        name="rules",
        title="The rules pass events of tasks and builds to ingest",
        run=sources.rules,
        actions=("events:DescribeRule", "events:ListTargetsByRule", "lambda:GetPolicy"),
    ),
    Check(
        name="schedules",
        title="The schedules are enabled",
        run=sources.schedules,
        actions=("scheduler:GetSchedule",),
    ),
    Check(
        name="queues",
        title="The queues exist and keep what fails",
        run=queues.there,
        actions=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
    ),
    Check(
        name="dead-letters",
        title="No queue of failures holds a message",
        run=queues.dead_letters,
        actions=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
    ),
    Check(
        name="event-bus",
        title="The event bus of the notices exists",
        run=queues.bus,
        actions=("events:DescribeEventBus",),
    ),
    Check(
        name="slots",
        title="The circuit breaker is closed, and slots are free",
        run=data.slots,
        actions=_ROWS,
    ),
    Check(
        name="drift",
        title="The newest rows are what the log gives",
        run=data.rows,
        actions=_ROWS,
    ),
    Check(
        name="commit-statuses",
        title="GitHub accepts commit statuses, if they are on",
        run=github.statuses,
        actions=_ROWS,
    ),
    Check(
        name="lost-jobs",
        title="GitHub runs lost jobs again, if that is on",
        run=github.reruns,
        actions=_ROWS,
    ),
    Check(
        name="alarms",
        title="All alarms exist, and none is in ALARM",
        run=observed.alarms,
        actions=("cloudwatch:DescribeAlarms",),
    ),
    Check(
        name="cluster",
        title="The cluster is active, with all capacity providers",
        run=tasks.cluster,
        actions=("ecs:DescribeClusters", "ssm:GetParameters"),
    ),
    Check(
        name="ecs-role",
        title="ECS has its service-linked role",
        run=tasks.service_role,
        actions=("iam:GetRole",),
    ),
    Check(
        name="task-definition",
        title="The base task definition can be launched",
        run=tasks.definition,
        actions=("ecs:DescribeTaskDefinition", "iam:GetRole", "logs:DescribeLogGroups"),
    ),
    Check(
        name="bucket",
        title="The bucket of the environment files exists",
        run=tasks.bucket,
        actions=("s3:ListBucket",),
    ),
    Check(
        name="subnets",
        title="The subnets have free addresses and a route out",
        run=network.subnets,
        actions=("ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeNatGateways"),
    ),
    Check(
        name="security-groups",
        title="The security groups exist and allow HTTPS to the outside",
        run=network.security_groups,
        actions=("ec2:DescribeSecurityGroups",),
    ),
    Check(
        name="repository",
        title="The image repository exists, and the image if it is not built",
        run=images.repository,
        actions=("ecr:DescribeRepositories", "ecr:DescribeImages"),
    ),
    Check(
        name="image-builds",
        title="Images can be built, and the newest build succeeded",
        run=images.builds,
        actions=(
            "codebuild:BatchGetProjects",
            "codebuild:ListBuildsForProject",
            "codebuild:BatchGetBuilds",
            "s3:ListBucket",
        ),
    ),
    Check(
        name="image-sizes",
        title="No image is so large that jobs wait for its pull",
        run=image_sizes.sizes,
        actions=("ecr:DescribeImages",),
    ),
    Check(
        name="runner-version",
        title="GitHub gives jobs to the runner's version",
        run=images.runner_version,
        actions=("codebuild:BatchGetProjects", *_SECRETS),
    ),
    Check(
        name="fargate-quota",
        title="Fargate may run max_runners at once",
        run=quotas.fargate,
        actions=(
            "servicequotas:GetServiceQuota",
            "servicequotas:GetAWSDefaultServiceQuota",
            "ssm:GetParameters",
        ),
    ),
    Check(
        name="codebuild-quota",
        title="CodeBuild may run a build",
        run=quotas.codebuild,
        actions=(
            "servicequotas:GetServiceQuota",
            "servicequotas:GetAWSDefaultServiceQuota",
            "codebuild:BatchGetProjects",
        ),
    ),
)

ACTIONS = tuple(sorted({one for check in CHECKS for one in (*ALWAYS, *check.actions)}))
"""All permissions that the doctor needs."""
