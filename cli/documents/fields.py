"""What a field means that several documents have: one meaning for one name.

A Struct whose docstring describes the field under "Attributes" has priority. The fields of a row of
the runners table are here, too.
"""

_JOB = {
    "job_id": "The job's id at GitHub.",
    "repository": 'The job\'s repository, `owner/name`; "" if it is not known.',
    "workflow": 'The name of the job\'s workflow; "" if it has none or it is not known.',
    "job_name": 'The job\'s name; "" if it is not known.',
    "url": 'The job\'s page at GitHub; "" if it is not known.',
    "labels": "The labels that the job asks for.",
    "state": "The job's state: `queued`, `held`, `refused`, `started` or `completed`.",
    "conclusion": "How the job ended, as GitHub reports it, such as `success`; empty before.",
    "queued_at": "When GitHub queued the job.",
    "arrived_at": "When it was recorded that the job is queued; slots are granted in this order.",
    "started_at": "When GitHub started the job on the runner.",
    "completed_at": "When the job on the runner ended.",
}
_RUNNER = {
    "runner_id": "The runner's id: prefix, job that it was launched for, number of the launch.",
    "status": "The runner's status: `STARTING`, `IMAGE_CREATING`, `WAITING_FOR_JOB`, `RUNNING`, "
    "`OFFLINE` or `FAILED`.",
    "status_at": "When the runner got this status.",
    "version": "The sequence number of the event that last changed the row.",
    "class_name": "The runner's class.",
    "cpu": "CPU units of the task; 1024 are one vCPU.",
    "memory": "Memory of the task in MiB.",
    "image": "The image of the container; null before the launch.",
    "image_tag": "The tag of the image that was built for the job; null if none was.",
    "capacity": "The capacity provider of the task: `FARGATE` or `FARGATE_SPOT`.",
    "task_arn": "The ARN of the task; null before its launch.",
    "github_runner_id": "The runner's id at GitHub; null before its registration.",
    "ran_job_id": "The job that ran on the runner, which may be another one than `job_id`.",
    "waits_for_job_id": "The job that waits for the runner; null if none does.",
    "launched_at": "When the launch of the task began.",
    "waiting_at": "When the task ran, and the runner began to wait for its job.",
    "stopped_at": "When the runner ended.",
    "exit_code": "The exit code of its container; null before, or if ECS reports none.",
    "awaits": "Why the runner has no slot yet; null if it does not wait for one.",
    "stopping": "Why the runner was or is to be stopped; null if it is not.",
    "stuck": "Why a dead letter keeps the job from going on; null if there is none.",
    "failure_reason": "Why the runner failed, or its job got none; null otherwise.",
    "deadline": "When the Janitor looks at the runner; null if nothing is due.",
}
_EVENT = {
    "stream": "The name of the stream, such as `job-7`.",
    "seq": "The event's number in its stream, from 1.",
    "at": "When it happened, by the clock of its source.",
    "recorded_at": "When the event was recorded.",
    "actor": "Who caused the event: `github`, `ecs`, a function, or `operator:` and a name.",
    "type": "The type of the event.",
    "event_id": "The event's id.",
    "cause": "The id of the event that caused this one; null if none did.",
    "what": "What happened, in words.",
    "why": 'The reason; "" if none is recorded.',
    "reason": 'The reason, in words; "" if none is recorded.',
}
_LISTS = {
    "complete": "Whether the list has all; false if --limit left some out.",
    "runners": "The runners.",
    "jobs": "The jobs.",
    "queues": "The queues, and the messages in each.",
    "unreadable": "The names of the streams that can't be read, and are left out.",
    "since": "The begin of the period, inclusive.",
    "until": "The end of the period.",
    "count": "How many there are.",
}
_FLEET = {
    "fleet": "The prefix of the fleet.",
    "cli_version": "The version of `ecsrunner`.",
    "deployed_version": "The version of the deployed functions; null if it is not known.",
    "app_id": "The App's id at GitHub.",
    "app_name": "The App's name.",
    "app_url": "The App's page at GitHub.",
    "installation_url": "The page on which the App is installed.",
    "consumer": "The function that handles the messages: `scheduler`, `reconciler` or `ingest`.",
    "message_id": "The message's id at SQS.",
    "receives": "How often SQS had delivered the message.",
    "sent_at": "When the message was sent to the queue that holds it.",
    "max_runners": "The limit of the slots; null if it is not known.",
    "next_trial_at": "When the next launch is tried; null if the breaker is closed.",
}

MEANINGS = {**_JOB, **_RUNNER, **_EVENT, **_LISTS, **_FLEET}
