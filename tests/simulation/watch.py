"""What must be true of every world, while it runs and when it has come to rest (design, §6).

Each rule is a method that says what it saw wrong. What may be so for a moment, such as a waiting
job whose runner has just died, is wrong only after the profile's patience.
"""

from dataclasses import dataclass
from typing import Any

from local.aws.build_host import BuildView
from local.aws.validation.record import Violation as RefusedRequest
from shared.domain import events as e
from shared.domain.history import JobHistory
from shared.domain.job.state import JobPhase
from shared.domain.names import home_job
from shared.domain.runner.deadlines import is_ttl_stop
from shared.engine.drive import NoProgressError
from shared.ports import Conflict, Refused, Unavailable
from tests.simulated.aws import judged
from tests.simulated.aws.ecs import Task
from tests.simulated.aws.expressions import Item
from tests.simulated.names import FLEET
from tests.simulation import (
    circuit_rules,
    credential_rules,
    github_rules,
    image_rules,
    lost_rules,
    notice_rules,
    outage_rules,
    rules,
    status_rules,
)
from tests.simulation.world.onlooker import load_job
from tests.simulation.world.world import World

CHECK_SECONDS = 30.0
SETTLING = 60.0
"""Seconds that a surplus runner may be idle when all is well. In a storm its own limits end it."""
PROMPTLY = 20.0
"""Seconds within which functions do what there is to do when all is well, and nobody is late."""
NOTICING = 240.0
"""Seconds until the Janitor has asked for a build of whose end nobody heard."""
KNOWING = 300.0
"""Seconds until a queued job is in the log, whatever became of its webhook, if the Janitor runs
each minute and no outage lasts: the grace for webhooks, a period of the Janitor, and its run."""
SHOWING = 180.0
"""Seconds until a job that has waited for long has a pending commit status: two periods of the
Janitor, and its runs."""
DELIVERING = 600.0
"""Seconds until a failed delivery has succeeded or is requested again, if no outage lasts."""
AFTERMATH = 600.0
"""Seconds that a settled world is watched for: nothing may come to life again."""
_AT_LAST = (
    rules.AT_LAST
    | image_rules.AT_LAST
    | circuit_rules.AT_LAST
    | outage_rules.AT_LAST
    | notice_rules.AT_LAST
    | status_rules.AT_LAST
    | lost_rules.AT_LAST
    | credential_rules.AT_LAST
)
_AT_LAUNCH = image_rules.AT_LAUNCH | circuit_rules.AT_LAUNCH
_WITHOUT_RUNNER = (JobPhase.ABSENT, JobPhase.HELD, JobPhase.REFUSED)
"""The phases in which a job has no runner, so that nothing waits for the webhook of its end."""
_FORGIVEN = (Unavailable, Conflict)
"""What a function may fail with when its calls fail."""


@dataclass(frozen=True)
class Violation:
    """A rule that did not hold, when, and the job whose timeline tells most about it."""

    rule: str
    what: str
    at: float
    job_id: int | None = None


class Watch:
    """Watches one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.violations: list[Violation] = []
        self._since: dict[tuple[str, Any], float] = {}
        self._settled = False
        has_whims = world.profile.weather.has_whims
        self._at_launch = _AT_LAUNCH | (github_rules.AT_LAUNCH if has_whims else {})
        self._at_last = _AT_LAST | (github_rules.AT_LAST if has_whims else {})
        world.ecs.watch = self._on_task
        world.codebuild.watch = self._on_build
        world.functions.on_error = self._on_error
        world.dynamodb.tables[FLEET.events_table].changed = self._on_change
        world.runners.on_unregistered = self._on_unregistered
        self._period = max(CHECK_SECONDS, world.profile.schedule / 2)
        world.agenda.after(self._period, self._check)

    def run(self) -> list[Violation]:
        """Let the world run to its end; all that was wrong."""
        with judged.told(self._on_refused):
            return self._run()

    def _run(self) -> list[Violation]:
        agenda = self.world.agenda
        horizon = self.world.profile.horizon
        while not self.is_settled() and agenda.seconds < horizon and not self.violations:
            agenda.run(agenda.seconds + self._period)
        self._settled = self.is_settled()
        launched = len(self.world.ecs.launched)
        if not self.violations:
            agenda.run(agenda.seconds + AFTERMATH)
            self._end(launched)
        return self.violations

    def is_settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        world = self.world
        return (
            world.agenda.seconds > world.load.until
            and world.is_quiet()
            and not world.ecs.live()
            and not self._open_jobs()
            and not any(self._left_over())
            and not lost_rules.is_pending(world)
        )

    # --- at once --------------------------------------------------------------------------------

    def _on_task(self, what: str, task: Task) -> None:
        runner_id = task["startedBy"]
        facts = [one.event.fact for one in self._stream(runner_id)]
        if what == "run":
            live = [one for one in self.world.ecs.live() if one["startedBy"] == runner_id]
            if len(live) > 1:
                self._wrong("one live task per launch", f"{runner_id} has {len(live)}", runner_id)
            most = int(self.world.profile.settings.get("MAX_RUNNERS", "100"))
            if self.world.profile.is_calm and len(self.world.ecs.live()) > most:
                self._wrong("max_runners is kept", f"{runner_id} is one too many", runner_id)
            if not any(isinstance(f, e.LaunchIntended) and f.runner_id == runner_id for f in facts):
                self._wrong("intent before effect", f"{runner_id} was not intended", runner_id)
            if not runner_id.startswith(f"{FLEET.prefix}-"):
                self._wrong("a runner has a name of its fleet", runner_id, runner_id)
            self._needs_config(runner_id)
            for rule, found in self._at_launch.items():
                self._all_wrong(rule, found(self.world, task))
            return
        busy = [one.job_id for one in self.world.actions.registered() if one.name == runner_id]
        if any(busy) and not self._is_forced(runner_id):
            self._wrong("a busy runner is left alone", f"{runner_id} runs job {busy}", runner_id)

    def _on_refused(self, refused: RefusedRequest) -> None:
        self._wrong("a request is as AWS takes it", str(refused))

    def _on_build(self, build: BuildView) -> None:
        for rule, found in image_rules.AT_BUILD.items():
            self._all_wrong(rule, found(self.world, build))

    def _needs_config(self, runner_id: str) -> None:
        stored = f"{runner_id}.env" in self.world.s3.buckets[FLEET.bucket]
        if not stored:
            self._wrong("a task finds its config", f"{runner_id} was run without", runner_id)

    def _is_forced(self, runner_id: str) -> bool:
        """Only the TTL and an operator may stop a runner that is on a job."""
        for event in (one.event for one in self._stream(runner_id)):
            fact = event.fact
            if isinstance(fact, e.StopIntended) and fact.forced and fact.runner_id == runner_id:
                return is_ttl_stop(fact) or event.actor.startswith("operator:")
        return False

    def _on_unregistered(self, runner_id: str) -> None:
        """It costs a launch, no more: two that launch at once after a crash may do it."""
        if self.world.profile.rates:
            return
        facts = [one.event.fact for one in self._stream(runner_id)]
        if not any(isinstance(f, e.StopIntended) and f.runner_id == runner_id for f in facts):
            self._wrong("a runner that comes up is registered", runner_id, runner_id)

    def _on_change(self, item: Item) -> None:
        what = f"{item['stream']['S']}/{item['seq']['N']} was overwritten"
        self._wrong("an event is never changed", what)

    def _on_error(self, function: str, error: BaseException) -> None:
        broken = isinstance(error, NoProgressError | Refused | KeyError | ValueError | TypeError)
        forgiven = isinstance(error, _FORGIVEN) and not self.world.profile.is_calm
        if broken or not (forgiven or _is_aws(error)):
            what = f"{function}: {type(error).__name__}: {error}"
            self._wrong("functions fail only as their calls do", what)

    # --- every so often -------------------------------------------------------------------------

    def _check(self) -> None:
        self.world.agenda.after(self._period, self._check)
        patience = self.world.profile.patience
        settling = SETTLING if self.world.profile.is_calm else patience
        delivering = self.world.profile.restored + max(patience, DELIVERING)
        noticing = NOTICING if self.world.profile.is_calm else patience
        calls_fail = self.world.profile.rates or self.world.calls.aim
        lasting: dict[str, tuple[rules.Wrong, float]] = {
            "no waiting job without a runner or a reason": (rules.unserved(self.world), patience),
            "no more idle runners than waiting jobs": (rules.surplus(self.world), settling),
            "no job waits for a busy runner": (rules.busy(self.world), settling),
            "a launch that works closes the circuit": (circuit_rules.unheard(self.world), SETTLING),
            "a launch that waits holds no slot": (rules.slotless(self.world), 0.0),
            "a failed delivery is requested again": (
                rules.redelivered(self.world, delivering),
                0.0,
            ),
            "a job that waits for long shows why": (
                status_rules.unexplained(self.world),
                patience if calls_fail else SHOWING,
            ),
            "the end of a build is noticed": (image_rules.unnoticed(self.world), noticing),
        }
        if self.world.profile.is_calm and not calls_fail:
            lasting["no slot is free while jobs wait"] = (rules.free(self.world), PROMPTLY)
            lasting["jobs hear of their image"] = (image_rules.untold(self.world), PROMPTLY)
            lasting["a launch is tried again in time"] = (rules.late(self.world), PROMPTLY)
        if not calls_fail and self._is_restored():
            rule = "a job at GitHub is known in time"
            lasting[rule] = (github_rules.unknown(self.world), KNOWING)
        for rule, (found, seconds) in lasting.items():
            now = {(rule, about): what for what, about in found}
            for key in [one for one in self._since if one[0] == rule and one not in now]:
                del self._since[key]
            for key, what in now.items():
                since = self._since.setdefault(key, self.world.agenda.seconds)
                if self.world.agenda.seconds - since > seconds:
                    self._wrong(rule, f"{what} for more than {seconds:.0f} s", key[1])
        for status in self.world.github.answers.keys() - {202, 503, 0}:
            self._wrong("a sound webhook is taken in", f"one was answered {status}")
            del self.world.github.answers[status]

    def _is_restored(self) -> bool:
        """Whether no dependency is down any more."""
        return self.world.agenda.seconds > self.world.profile.restored

    # --- at the end -----------------------------------------------------------------------------

    def _end(self, launched: int) -> None:
        self._all_wrong("every job ran or has a reason", self._jobs_that_are_open())
        self._all_wrong("nothing is left", self._left_over())
        for rule, found in self._at_last.items():
            self._all_wrong(rule, found(self.world))
        if len(self.world.ecs.launched) > launched:
            self._wrong("a settled fleet stays so", f"{self.world.ecs.launched[launched:]} began")

    def _open_jobs(self) -> list[int]:
        """Jobs that neither ended at GitHub nor have a reason in the log, or that it has open."""
        return [
            job.id
            for job in self.world.jobs()
            if not self._is_over(self._job(job.id), completed=job.status == "completed")
        ]

    def _is_over(self, known: JobHistory, *, completed: bool) -> bool:
        job = known.state.job
        if completed:
            unheard = self.world.profile.weather.missing and job.phase in _WITHOUT_RUNNER
            return job.phase is JobPhase.COMPLETED or bool(unheard)
        return job.phase is JobPhase.REFUSED and bool(job.reason)

    def _jobs_that_are_open(self) -> rules.Wrong:
        by_id = {job.id: job for job in self.world.actions.jobs()}
        for job_id in self._open_jobs():
            phase = self._job(job_id).state.job.phase
            what = f"job {job_id} is {by_id[job_id].status} at GitHub, {phase.value} in the log"
            yield what, f"{FLEET.prefix}-{job_id}-1"

    def _left_over(self) -> rules.Wrong:
        for task in self.world.ecs.live():
            yield f"task of {task['startedBy']} is {task['lastStatus']}", task["startedBy"]
        for runner in self.world.actions.registered():
            yield f"{runner.name} is registered at GitHub", runner.name
        for build in self.world.codebuild.running():
            yield f"{build['id']} runs", None

    # --- looking --------------------------------------------------------------------------------

    def _job(self, job_id: int) -> JobHistory:
        return load_job(self.world.log, job_id)

    def _stream(self, runner_id: str) -> list[e.Recorded]:
        return self.world.log.read(f"job-{home_job(runner_id)}")

    def _all_wrong(self, rule: str, found: rules.Wrong) -> None:
        for what, about in found:
            self._wrong(rule, what, about)

    def _wrong(self, rule: str, what: str, about: str | None = None) -> None:
        job_id = home_job(about) if about else None
        self.violations.append(Violation(rule, what, self.world.agenda.seconds, job_id))


def _is_aws(error: BaseException) -> bool:
    """A refusal of AWS that no port has a word for: simulated, and let through by the adapter."""
    return "simulated: " in str(error)
