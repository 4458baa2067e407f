#!/usr/bin/env bash
# Writes a line to the task's log when its job starts and when it ends, which links the log to the job. Also creates
# the mark file that shows the entrypoint that a job has started; the entrypoint sets its path.
#
# GitHub's runner runs this script as `job-started.sh` and `job-completed.sh`, before and after the job's steps, and
# fails the job if the script fails. Therefore errors do not end the script, it always exits with 0, and a write that
# blocks ends after a few seconds. It prints nothing to the job's log.
exec </dev/null >/dev/null 2>&1
trap 'exit 0' EXIT TERM INT

what=${0##*/} what=${what%.sh}
# Create the mark first, because the runner can receive a stop signal at any time. No step has run yet, so this write
# can't block.
if [[ $what == job-started && -n ${RUNNER_JOB_MARK:-} ]]; then : >"$RUNNER_JOB_MARK"; fi

# The output of the container's first process goes to the task's log.
log=${RUNNER_TASK_LOG:-/proc/1/fd/1}
line="$what: ${GITHUB_REPOSITORY:-} run ${GITHUB_RUN_ID:-} attempt ${GITHUB_RUN_ATTEMPT:-} job ${GITHUB_JOB:-}"

# shellcheck disable=SC2016  # arguments of the inner shell
timeout --kill-after=1 2 bash -c 'printf "%s\n" "$1" >>"$2"' hook "$line" "$log"
exit 0
