"""What changes each reason for which a job gets no runner, and each wait.

`docs/refused-jobs.md` has the same reasons and remedies; a test compares them.
"""

import re

from cli.why.cause import Cause

REFUSALS: dict[str, str] = {
    'Label "…" names nothing; write …<name>': (
        "write the name in `runs-on`, such as `class:large`"
    ),
    "More than one …: label: …; give one": (
        "keep one `class:` and one `image:` label in `runs-on`"
    ),
    'Class "…" is not defined; defined: …': (
        "use a defined class, or add this one to `runner_class_sizes`"
    ),
    'Class "…": …; allowed: …': ("give the class a size that Fargate has, in `runner_class_sizes`"),
    "Repository … is public; public repositories are not allowed": (
        "`allow_public_repositories`; read the threat model first"
    ),
    "Repository … is a fork; forks are not allowed": "`allow_forks`; read the threat model first",
    'A label that is unique to the run is required: "…"': (
        "add the label to `runs-on`, or set `require_run_label` to false"
    ),
    'Label "…" can\'t be served: image builds are not configured': (
        "remove the label, or set `image_builds`"
    ),
    'Label "…" is not allowed; allowed: …': (
        "use an allowed base image, or add a pattern to `allowed_images`"
    ),
    'Label "…" is not an image reference; allowed: …': "correct the label",
    'Image from "…" could not be built: there were … image builds on …': (
        "wait for the next day (UTC), or raise `max_image_builds_per_day`"
    ),
    'Image from "…" could not be built: jobs of … have caused … image builds on …': (
        "wait for the next day (UTC), or raise `max_repository_image_builds_per_day`"
    ),
    'Image from "…" could not be built: the build ended as …': (
        "read the build's log, whose address `history` shows; correct the base image, and run the "
        "job again"
    ),
    "Image … was not ready within … s…": (
        "see why builds take so long in CodeBuild; run the job again"
    ),
    "GitHub: …": (
        "GitHub refused to register the runner, in its own words. 404: install the App on the "
        "repository, or give the token access to it. `has no runner group`: create the group, or "
        "correct `runner_groups`"
    ),
    "… runners ended before they took the job; the last: …": (
        "see why they ended: `ecsrunner runners history`. Then run the job again"
    ),
    "GitHub queued it at …, and cancels what has been queued for 24 hours": "run the job again",
}
"""The remedy of each reason. `…` is any text; reasons begin with a capital letter, as in a commit
status."""
OTHER = "correct what the reason names, and run the job again; `ecsrunner doctor` checks the fleet"
"""The remedy of a reason that no pattern matches, such as one in the words of AWS."""
_PATTERNS = {
    re.compile(".*".join(map(re.escape, pattern.split("…"))), re.DOTALL): remedy
    for pattern, remedy in REFUSALS.items()
}

WAITS: dict[Cause, str] = {
    Cause.STUCK: "correct what the reason names, then `ecsrunner queues redrive`",
    Cause.CHECK: "nothing: GitHub's answer decides; `ecsrunner doctor` checks access to GitHub",
    Cause.HELD: "approve the run or deployment at GitHub, or wait for its concurrency group",
    Cause.SCHEDULER: (
        "nothing within a minute; after that, `ecsrunner queues` shows what delays the scheduler"
    ),
    Cause.IMAGE: "wait for the build, or read its log to see what takes long",
    Cause.SLOT: "wait until other runners end, or raise `max_runners`",
    Cause.CIRCUIT: (
        "see why launches break: `ecsrunner runners history` of a runner listed here; the breaker "
        "closes when a job starts"
    ),
    Cause.TURN: (
        "wait for the turn; each of `github_additional_credentials` multiplies GitHub's limits"
    ),
    Cause.GITHUB: (
        "nothing if GitHub recovers, see https://www.githubstatus.com; after a 401 or 403, "
        "`ecsrunner doctor` checks the credential"
    ),
    Cause.CAPACITY: (
        "wait, or add a capacity provider to the class in `runner_class_sizes`, or subnets in "
        "other zones"
    ),
    Cause.AFTER_LOSS: (
        "wait, or add `FARGATE` to the class in `runner_class_sizes`, which AWS does not reclaim"
    ),
    Cause.RETRY: "correct what the reason names: `ecsrunner doctor` checks quotas and permissions",
    Cause.LAUNCH: "nothing within a minute; after that, the Janitor goes on with the launch",
    Cause.START: (
        "nothing within a minute or two: ECS pulls the image; a smaller image starts sooner"
    ),
    Cause.ASSIGNMENT: (
        "nothing within a minute; after that, check at GitHub that the runner group allows the "
        "repository, and https://www.githubstatus.com"
    ),
    Cause.REPLACEMENT: (
        "nothing within a minute; after that, `ecsrunner queues` shows what delays the reconciler"
    ),
    Cause.LOST: "docs/lost-jobs.md; `lost_job_reruns` runs lost jobs again",
}
"""What to do about each wait, and about a loss."""

AFTERWARDS: dict[Cause, str] = {
    Cause.IMAGE: (
        "the image was built for it; the next job with it does not wait, until `image_unused_days`"
    ),
    Cause.SLOT: "raise `max_runners` if such waits are too long",
    Cause.CIRCUIT: "see why launches broke: `ecsrunner runners list --status FAILED`",
    Cause.RETRY: "`ecsrunner doctor` checks capacity, quotas and access to GitHub",
    Cause.SCHEDULER: "`ecsrunner queues` shows whether the scheduler is late now",
    Cause.START: "a smaller image starts sooner: most of a start is its pull",
    Cause.ASSIGNMENT: "GitHub assigns jobs; see https://www.githubstatus.com for that time",
    Cause.REPLACEMENT: "see why its first runner ended: `ecsrunner runners history`",
}
"""What avoids the longest wait of a job that no longer waits."""


def of_refusal(reason: str) -> str:
    """Return what changes the reason of a refused job."""
    text = reason[:1].upper() + reason[1:]
    return next((one for pattern, one in _PATTERNS.items() if pattern.fullmatch(text)), OTHER)
