#!/usr/bin/env bash
# Tells in the task's own log when its job starts and ends, so that log and job are found from each other, and
# leaves the mark by which the entrypoint sees that a job was started: a file, in a place that the entrypoint made.
#
# GitHub's runner runs it as `job-started.sh` and `job-completed.sh`, before and after the job's steps, and fails
# the job if it fails. So nothing here can: no error ends it, it always exits with 0, and what it writes to may
# hang for some seconds at most. It prints nothing into the job's log.
exec </dev/null >/dev/null 2>&1
trap 'exit 0' EXIT TERM INT

what=${0##*/} what=${what%.sh}
# Before all else, for the runner may be told to stop at any moment. No step has run yet that could make it hang.
if [[ $what == job-started && -n ${RUNNER_JOB_MARK:-} ]]; then : >"$RUNNER_JOB_MARK"; fi

# The output of the container's first process is the task's log.
log=${RUNNER_TASK_LOG:-/proc/1/fd/1}
line="$what: ${GITHUB_REPOSITORY:-} run ${GITHUB_RUN_ID:-} attempt ${GITHUB_RUN_ATTEMPT:-} job ${GITHUB_JOB:-}"

# shellcheck disable=SC2016  # the inner shell's own arguments
timeout --kill-after=1 2 bash -c 'printf "%s\n" "$1" >>"$2"' hook "$line" "$log"
exit 0
