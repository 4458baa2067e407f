"""The timeline's texts for facts: what happened, and why, if the fact has a reason. Pure.

One table maps each type of fact to a small function. Unknown facts are shown as such.
"""

from cli.history import image_words, rerun_words
from cli.history.phrase import Phrase, Words, task_name, time_of_day
from shared.domain import events as e

_DATA = 120
"""Maximum number of characters of an unknown fact's data that are shown."""


def phrase_of(fact: e.Fact, implied: str | None = None) -> Phrase:
    """Return the text of a fact.

    Args:
        implied: The runner that the timeline is about. Its id is not repeated in the text.
    """
    if isinstance(fact, e.Unknown):
        return _unknown(fact)
    phrase = _WORDS[type(fact)](fact)
    runner_id = getattr(fact, "runner_id", None)
    if type(fact) in _NAMED or runner_id in (None, implied):
        return phrase
    return Phrase(f"{runner_id}: {phrase.what}", phrase.why)


def size(cpu: int, memory: int) -> str:
    """Return a task's size in vCPU and GiB, from CPU units and MiB."""
    return f"{cpu / 1024:g} vCPU, {memory / 1024:g} GiB"


def _unknown(fact: e.Unknown) -> Phrase:
    data = bytes(fact.data).decode(errors="replace")
    shown = data if len(data) <= _DATA else f"{data[:_DATA]}…"
    return Phrase(f"{fact.type} (schema {fact.schema}), not known to this version", shown)


def _queued(fact: e.JobQueued) -> Phrase:
    found = "found at GitHub: its webhook had not arrived" if fact.found else ""
    return Phrase(f"job queued for {', '.join(fact.job.labels)}", found)


def _held(_: e.JobHeld) -> Phrase:
    return Phrase("job held by GitHub", "such as for an approval: no runner may take it")


def _checked(fact: e.JobChecked) -> Phrase:
    if not fact.status:
        return Phrase(
            "GitHub does not show the job's status: the last webhook decides", fact.reason
        )
    ended = f": {fact.conclusion}" if fact.conclusion else ""
    where = _where(fact.runner_id, fact.runner_name)
    return Phrase(f"GitHub's status of the job is {fact.status}{ended}{where}")


def _confirmed(_: e.RunnerConfirmed) -> Phrase:
    return Phrase("idle, and still registered at GitHub")


def _started(fact: e.JobStarted) -> Phrase:
    return Phrase(f"job started{_where(fact.runner_id, fact.runner_name)}")


def _completed(fact: e.JobCompleted) -> Phrase:
    return Phrase(f"job ended: {fact.conclusion}{_where(fact.runner_id, fact.runner_name)}")


def _where(runner_id: str | None, name: str) -> str:
    if runner_id:
        return f" on {runner_id}"
    return f" on {name}, which is not of this fleet" if name else ""


def _task_started(_: e.TaskStarted) -> Phrase:
    return Phrase("task is running")


def _task_stopped(fact: e.TaskStopped) -> Phrase:
    code = "" if fact.exit_code is None else f", exit code {fact.exit_code}"
    why = ": ".join(text for text in (fact.stop_code, fact.reason) if text)
    return Phrase(f"task stopped{code}", why)


def _rejected(fact: e.JobRejected) -> Phrase:
    return Phrase("job refused: it gets no runner", fact.reason)


def _given_up(fact: e.JobGivenUp) -> Phrase:
    return Phrase("job given up: it gets no more runners", fact.reason)


def _run_cancelled(fact: e.RunCancelled) -> Phrase:
    if fact.problem:
        return Phrase(f"workflow run {fact.run_id} not cancelled", fact.problem)
    return Phrase(f"cancellation of workflow run {fact.run_id} requested")


def _status_intended(fact: e.CommitStatusIntended) -> Phrase:
    return Phrase(f"commit status intended: {fact.state}", fact.description)


def _status_created(_: e.CommitStatusCreated) -> Phrase:
    return Phrase("commit status created at GitHub")


def _status_refused(fact: e.CommitStatusRefused) -> Phrase:
    return Phrase("commit status refused by GitHub", fact.reason)


def _planned(fact: e.LaunchPlanned) -> Phrase:
    return Phrase(f"launch {fact.number} planned: {fact.runner_id}", fact.reason)


def _intended(fact: e.LaunchIntended) -> Phrase:
    attempt = f" (attempt {fact.attempt})" if fact.attempt > 1 else ""
    where = f"class {fact.class_name} ({size(fact.cpu, fact.memory)}) on {fact.capacity}"
    image = f", image {fact.image_tag}" if fact.image_tag else ""
    broken = fact.broken_before
    last = "launch was" if broken == 1 else f"{broken} launches were"
    image += f", registered with credential {fact.credential}" if fact.credential else ""
    why = f"the last {last} broken" if broken else ""
    return Phrase(f"launch begins{attempt}: {where}{image}", why)


def _launch_resumed(_: e.LaunchResumed) -> Phrase:
    return Phrase("launch resumed", "the invocation before it recorded no outcome")


def _launch_failed(fact: e.LaunchFailed) -> Phrase:
    again = f"again at {time_of_day(fact.retry_at)}" if fact.retry_at else "not tried again"
    if fact.refused:
        again = "job refused: it gets no runner"
    what = "launch held back" if fact.held_back else f"launch attempt {fact.attempt} failed"
    return Phrase(f"{what}, {again}", fact.reason)


def _unblocked(_: e.LaunchUnblocked) -> Phrase:
    return Phrase("launch tried again now", "GitHub answers again")


def _launch_cancelled(fact: e.LaunchCancelled) -> Phrase:
    return Phrase("launch cancelled", fact.reason)


def _launched(fact: e.RunnerLaunched) -> Phrase:
    task = task_name(fact.task_arn)
    return Phrase(f"launched: task {task}, GitHub runner {fact.github_runner_id}")


def _placed(fact: e.JobAssigned) -> Phrase:
    what = f"job {fact.job_id} runs on {fact.runner_id}"
    spare, displaced = fact.spare_runner_id, fact.displaced_job_id
    if displaced and fact.spare_given:
        return Phrase(what, f"swap: job {displaced} waited for it and gets {spare} instead")
    if displaced:
        instead = f"and {spare} can't serve it" if spare else "and there is none to swap"
        return Phrase(what, f"job {displaced} waited for it {instead}: a new launch for that job")
    return Phrase(what, f"{spare} is left over" if spare else "")


def _pairing_ended(fact: e.PairingEnded) -> Phrase:
    return Phrase(f"job {fact.job_id} no longer waits for {fact.runner_id}", fact.reason)


def _finished(fact: e.RunnerFinished) -> Phrase:
    return Phrase(f"job {fact.job_id} ended: {fact.conclusion} on {fact.runner_id}")


def _stop_intended(fact: e.StopIntended) -> Phrase:
    return Phrase("stop requested, even if busy" if fact.forced else "stop requested", fact.reason)


def _deregistered(fact: e.RunnerDeregistered) -> Phrase:
    gone = fact.outcome == "absent"
    what = "not registered at GitHub" if gone else "removed from GitHub: it takes no more jobs"
    return Phrase(what)


def _found_busy(_: e.RunnerFoundBusy) -> Phrase:
    return Phrase("GitHub refused to remove it", "it is on a job")


def _stop_sent(_: e.TaskStopSent) -> Phrase:
    return Phrase("ECS asked to stop the task")


def _slot_awaited(fact: e.SlotAwaited) -> Phrase:
    return Phrase("launch waits", fact.reason)


def _slot_granted(_: e.SlotGranted) -> Phrase:
    return Phrase("slot granted")


def _slot_freed(fact: e.SlotFreed) -> Phrase:
    what = f"slot released ({fact.outcome})"
    why = f"now for job {fact.granted_job_id}" if fact.granted_job_id else ""
    if fact.circuit_opened:
        return Phrase(f"{what}; circuit breaker opened: launches are tried one at a time", why)
    return Phrase(what, why)


def _circuit_closed(_: e.CircuitClosed) -> Phrase:
    return Phrase("circuit breaker closed", "a job started on it")


def _stuck(fact: e.JobStuck) -> Phrase:
    return Phrase(f"stuck: the {fact.queue} failed at it {fact.receives} times", fact.reason)


def _orphan_stopped(fact: e.OrphanStopped) -> Phrase:
    return Phrase(f"an orphan: ECS is asked to stop task {task_name(fact.task_arn)}", fact.reason)


_WORDS: Words = {
    **image_words.WORDS,
    **rerun_words.WORDS,
    e.JobQueued: _queued,
    e.JobHeld: _held,
    e.JobChecked: _checked,
    e.RunnerConfirmed: _confirmed,
    e.JobStarted: _started,
    e.JobCompleted: _completed,
    e.TaskStarted: _task_started,
    e.TaskStopped: _task_stopped,
    e.JobRejected: _rejected,
    e.JobGivenUp: _given_up,
    e.RunCancelled: _run_cancelled,
    e.CommitStatusIntended: _status_intended,
    e.CommitStatusCreated: _status_created,
    e.CommitStatusRefused: _status_refused,
    e.LaunchPlanned: _planned,
    e.LaunchIntended: _intended,
    e.LaunchResumed: _launch_resumed,
    e.LaunchFailed: _launch_failed,
    e.LaunchUnblocked: _unblocked,
    e.LaunchCancelled: _launch_cancelled,
    e.RunnerLaunched: _launched,
    e.JobAssigned: _placed,
    e.PairingEnded: _pairing_ended,
    e.RunnerFinished: _finished,
    e.StopIntended: _stop_intended,
    e.RunnerDeregistered: _deregistered,
    e.RunnerFoundBusy: _found_busy,
    e.TaskStopSent: _stop_sent,
    e.SlotAwaited: _slot_awaited,
    e.SlotGranted: _slot_granted,
    e.SlotFreed: _slot_freed,
    e.CircuitClosed: _circuit_closed,
    e.JobStuck: _stuck,
    e.OrphanStopped: _orphan_stopped,
}

_NAMED = (
    e.JobChecked,
    e.JobStarted,
    e.JobCompleted,
    e.LaunchPlanned,
    e.JobAssigned,
    e.PairingEnded,
    e.RunnerFinished,
)
"""Facts whose text already names the runner."""
