"""The table of all checks in their order, with remedies. The documentation contains a copy."""

from smoke import fleet, health, intake, links, preflight
from smoke.verdict import Check

_QUOTAS = "Service Quotas console, or aws service-quotas request-service-quota-increase"

PREFLIGHT = (
    Check(
        name="terraform",
        title="Terraform 1.11 or later is on the PATH",
        remedy="Install it: https://developer.hashicorp.com/terraform/install",
        run=preflight.terraform,
    ),
    Check(
        name="packages",
        title="The functions' zips are built",
        remedy="make package",
        run=preflight.packages,
    ),
    Check(
        name="credentials",
        title="AWS accepts the credentials",
        remedy="Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; log in again if "
        "they have expired.",
        run=preflight.credentials,
    ),
    Check(
        name="network",
        title="The region has a default VPC with subnets",
        remedy="aws ec2 create-default-vpc, or choose another REGION.",
        run=preflight.network,
        needs=("credentials",),
    ),
    Check(
        name="ecs-role",
        title="ECS has its service-linked role",
        remedy="aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
        run=preflight.ecs_role,
        needs=("credentials",),
    ),
    Check(
        name="lambda-quota",
        title="Lambda may run enough functions at once",
        remedy=f"Request 100 or more of Lambda, Concurrent executions (L-B99A9384): {_QUOTAS}.",
        run=preflight.lambda_quota,
        needs=("credentials",),
    ),
    Check(
        name="codebuild-quota",
        title="CodeBuild may run a build",
        remedy="Request 2 or more of CodeBuild, Concurrently running builds for Linux/Small "
        f"environment (L-9D07B6EF): {_QUOTAS}.",
        run=preflight.codebuild_quota,
        needs=("credentials",),
    ),
    Check(
        name="fargate-quota",
        title="Fargate may run a task",
        remedy="Request the vCPUs of all jobs at once of Fargate On-Demand vCPU resource count "
        f"(L-3032A538) and Fargate Spot vCPU resource count (L-36FBB829): {_QUOTAS}.",
        run=preflight.fargate_quota,
        needs=("credentials",),
    ),
    Check(
        name="github",
        title="GitHub accepts the credential for REPOSITORY",
        remedy="401: the token is wrong or has expired, or APP_ID and the key do not belong "
        "together. 403, 404 or 422: the token or the App needs Administration, read and write, on "
        "REPOSITORY; install the App on it. No answer: check the network and proxies between here "
        "and GitHub.",
        run=preflight.github,
    ),
)

APPLY = Check(
    name="apply",
    title="Terraform makes the fleet",
    remedy="Read Terraform's message. AccessDenied: use a role that may create IAM roles. A "
    "message about a quota: see the checks of quotas.",
    run=fleet.apply,
    needs=("terraform", "packages", "credentials", "network", "github"),
)

_INTAKE = (
    Check(
        name="unsigned",
        title="The webhook refuses a request without a signature (401)",
        remedy="404: the API has no route POST /webhook. 500 or 503: read the log of ingest. No "
        "answer: check the network and proxies between here and AWS.",
        run=intake.refuses_unsigned,
        needs=("apply",),
    ),
    Check(
        name="ping",
        title="The webhook answers a signed ping (200)",
        remedy="401: the SSM parameter of the webhook secret holds another secret. 503: ingest may "
        "not read it; look at its role and at the KMS key.",
        run=intake.answers_ping,
        needs=("unsigned",),
    ),
    Check(
        name="queued",
        title="The webhook accepts a signed job (202)",
        remedy="Ignored: REPOSITORY is not in the fleet's scope. 503: ingest can't write to the "
        "events table; look at its role.",
        run=intake.accepts_job,
        needs=("ping",),
    ),
    Check(
        name="log",
        title="The job is in the event log",
        remedy="Compare EVENTS_TABLE of ingest with the output `tables`.",
        run=intake.in_log,
        needs=("queued",),
    ),
    Check(
        name="scheduler-nudge",
        title="The outbox nudges the scheduler, which acts",
        remedy="A mapping of the outbox that is not Enabled: enable it; its result names what "
        "failed. Messages in `undelivered`: read the log of the outbox. Messages that stay in the "
        "queue: look at the scheduler's mapping and log.",
        run=intake.scheduler_acts,
        needs=("log",),
    ),
)

_IMAGE = Check(
    name="image",
    title="CodeBuild builds the runner image, or it is there",
    remedy="Open the build's log in CodeBuild. Cannot have more than 0 builds: raise the quota "
    "(codebuild-quota). Too many requests to a registry: run it again later, or set default_image "
    "to a mirror.",
    run=links.image,
    needs=("scheduler-nudge",),
)

_LAUNCH = (
    Check(
        name="launched",
        title="RunTask starts the runner's task",
        remedy="GitHub 401, 403, 404 or 422: see the check github. vCPU limit: raise the quota "
        "(fargate-quota). AccessDenied: look at the scheduler's role. Service-linked role: see "
        "ecs-role.",
        run=links.launched,
        needs=("image",),
    ),
    Check(
        name="running",
        title="ECS's event that the task runs reaches the log",
        remedy="CannotPullContainerError: the subnets need a way to ECR (a public address, NAT or "
        "VPC endpoints). The task runs but no event came: look at the rule …-task-events and its "
        "target.",
        run=links.running,
        needs=("launched",),
    ),
    Check(
        name="online",
        title="The runner is connected to GitHub",
        remedy="Read the task's log in /PREFIX/runners. The subnets need a way to github.com and "
        "*.actions.githubusercontent.com.",
        run=links.online,
        needs=("launched",),
    ),
)

_CANCEL = (
    Check(
        name="cancelled",
        title="The webhook accepts the job's end (202)",
        remedy="As for the check queued.",
        run=intake.accepts_cancellation,
        needs=("queued",),
    ),
    Check(
        name="reconciler-nudge",
        title="The outbox nudges the reconciler, which acts",
        remedy="As for scheduler-nudge, with the reconciler's queue and function.",
        run=intake.reconciler_acts,
        needs=("cancelled",),
    ),
)

_END = (
    Check(
        name="stopping",
        title="The runner is deregistered and its task is stopped",
        remedy="Look at the log of the reconciler: ecs:StopTask, and GitHub's answer to DELETE.",
        run=links.stop_sent,
        needs=("launched", "reconciler-nudge"),
    ),
    Check(
        name="offline",
        title="ECS's event that the task stopped closes the runner (OFFLINE)",
        remedy="The task is STOPPED but the row is not OFFLINE: look at the rule …-task-events, at "
        "`failed_events` and at the log of ingest.",
        run=links.ended,
        needs=("stopping",),
    ),
)

_WATCH = (
    Check(
        name="janitor",
        title="The Janitor runs by its schedule",
        remedy="Look at the schedule …-janitor and its role; read the log of the Janitor.",
        run=health.janitor,
        needs=("apply",),
    ),
    Check(
        name="dead-letters",
        title="No queue of failures holds a message",
        remedy="Read the log of the function that is named; `ecsrunner queues` shows the messages.",
        run=health.dead_letters,
        needs=("apply",),
    ),
    Check(
        name="alarms",
        title="No alarm rings",
        remedy="Read the alarm's description in CloudWatch: it names the next step.",
        run=health.alarms,
        needs=("apply",),
    ),
)

CLEAN_UP = (
    Check(
        name="destroy",
        title="Terraform removes the fleet",
        remedy="make smoke DESTROY=1 PREFIX=… tries again; the state is in .smoke/PREFIX.",
        run=fleet.destroy,
        always=True,
    ),
    Check(
        name="leftovers",
        title="Nothing is left in the account",
        remedy="Delete what is listed by hand; then remove .smoke/PREFIX.",
        run=fleet.leftovers,
        needs=("destroy",),
        always=True,
    ),
)

CHECKS = (*PREFLIGHT, APPLY, *_INTAKE, _IMAGE, *_LAUNCH, *_CANCEL, *_END, *_WATCH, *CLEAN_UP)


def ordered(*, launches: bool) -> tuple[Check, ...]:
    """Return the checks in the order of a run.

    If the fleet can't launch runners, the job is cancelled during the image build, so that the
    fleet never calls GitHub.
    """
    if launches:
        return CHECKS
    return (
        *PREFLIGHT, APPLY, *_INTAKE, *_CANCEL, _IMAGE, *_LAUNCH, *_END, *_WATCH, *CLEAN_UP,
    )  # fmt: skip
