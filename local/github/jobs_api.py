"""The part of the REST API that reads, cancels and re-runs workflow runs and their jobs.

Source: GitHub's OpenAPI description of its REST API, "Workflow jobs" and "Workflow runs".
"""

from collections.abc import Callable
from functools import partial

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from local.github import payloads
from local.github.actions import Actions
from local.github.answers import Refusal, answered, paged
from local.github.model import Job, RerunError, UnknownError, status_of_run


def rules() -> list[Rule]:
    """Return the URL rules, below the path of a repository."""
    return [
        Rule("/actions/jobs/<int:number>", methods=["GET"], endpoint="get_job"),
        Rule("/actions/runs", methods=["GET"], endpoint="list_runs"),
        Rule("/actions/jobs/<int:number>/rerun", methods=["POST"], endpoint="rerun_job"),
        Rule("/actions/runs/<int:number>", methods=["GET"], endpoint="get_run"),
        Rule(
            "/actions/runs/<int:number>/rerun-failed-jobs",
            methods=["POST"],
            endpoint="rerun_failed_jobs",
        ),
        Rule("/actions/runs/<int:number>/jobs", methods=["GET"], endpoint="list_jobs"),
        Rule("/actions/runs/<int:number>/cancel", methods=["POST"], endpoint="cancel_run"),
    ]


OPERATIONS = frozenset(str(one.endpoint) for one in rules())


class Jobs:
    """Answers requests about the runs of a repository and their jobs."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def answer(self, endpoint: str, request: Request, scope: str, number: int = 0) -> Response:
        """Return the response to one of `OPERATIONS`.

        Args:
            scope: The repository, `owner/name`.
            number: The id of the job or the run, if the path has one.

        Raises:
            UnknownError: The job or the run does not exist.
            Refusal: The response is an error.
        """
        operations: dict[str, Callable[[], Response]] = {
            "get_job": lambda: answered(payloads.whole_job(self._job(scope, number))),
            "rerun_job": lambda: self._rerun_job(scope, number),
            "list_runs": lambda: self._list_runs(request, scope),
            "get_run": lambda: answered(payloads.run(self._actions.of_run(scope, number))),
            "list_jobs": lambda: self._list_jobs(request, scope, number),
            "cancel_run": lambda: self._cancel_run(scope, number),
            "rerun_failed_jobs": lambda: self._rerun_failed_jobs(scope, number),
        }
        return operations[endpoint]()

    def _job(self, scope: str, number: int) -> Job:
        job = self._actions.job(number)
        if job.repository.lower() != scope.lower():
            raise UnknownError(f"job {number} of {scope}")
        return job

    def _list_runs(self, request: Request, scope: str) -> Response:
        status = request.args.get("status")
        runs = [jobs for jobs in self._actions.runs(scope) if status in (None, status_of_run(jobs))]
        return paged(request, "workflow_runs", runs, payloads.run)

    def _list_jobs(self, request: Request, scope: str, number: int) -> Response:
        jobs = self._actions.of_run(scope, number)
        return paged(request, "jobs", jobs, payloads.whole_job)

    def _cancel_run(self, scope: str, number: int) -> Response:
        if not self._actions.cancel(scope, number):
            raise Refusal(409, "Cannot cancel a workflow run that is completed.")
        return answered({}, 202)

    def _rerun_job(self, scope: str, number: int) -> Response:
        return _rerun(partial(self._actions.rerun_job, self._job(scope, number)))

    def _rerun_failed_jobs(self, scope: str, number: int) -> Response:
        return _rerun(partial(self._actions.rerun_failed_jobs, scope, number))


def _rerun(begin: Callable[[], None]) -> Response:
    try:
        begin()
    except RerunError as error:
        raise Refusal(403, str(error)) from None
    return answered({}, 201)
