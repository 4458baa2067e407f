#!/usr/bin/env bash
# The entrypoint of the container. Runs GitHub's runner for one job, with the just-in-time config of this task.
#
# RUNNER_JIT_CONFIG contains the config; it comes from the environment file that ECS reads from S3. A job can't read it
# from its environment, from that of this script or from a command line. A job can read the files of the runner, because
# both run as the same user, but these credentials are valid for one job only.
#
# GitHub's run.sh is not used, because it always exits with 0. The fleet needs the task's exit code to distinguish a
# runner that ran its job from one that never connected. This script has the same restart loop, with a limit.
#
# The runner program also exits with 0 if its registration was removed while it was idle. Therefore this script exits
# with 0 only if job-hook.sh has created the mark, the file that RUNNER_JOB_MARK names. The steps of a job run as the
# same user and can create or delete the mark. A job can thus only claim that it ran, which is true, or hide it, and
# then GitHub's webhooks still report it.
#
# As the container's first process, this script forwards SIGTERM and reaps orphaned processes, so no init is needed.
#
# Exit codes:
#   0    a job was started, and has ended (with any result) or was stopped with its runner
#   1    the runner could not register, connect or read its config
#   5    another runner is connected under this one's name
#   7    GitHub rejects this version of the runner as too old
#   64   RUNNER_JIT_CONFIG is not set
#   66   the runner ended without a job: its registration was removed, as GitHub does with idle runners (actions/runner
#        #4726), or it received a stop signal before a job, or its job failed before the hook ran, for example because
#        an action could not be downloaded
#   69   the runner program is not in RUNNER_HOME
#   75   the runner requested a restart too often
#   any other: the runner program's own
# Source of the runner's codes: actions/runner, src/Runner.Common/Constants.cs, ReturnCode, and
# src/Misc/layoutroot/run-helper.sh.template.
set -Eeuo pipefail

readonly EX_USAGE=64 EX_NOINPUT=66 EX_UNAVAILABLE=69 EX_TEMPFAIL=75
readonly FAILED=1 RETRYABLE=2 UPDATING=3 UPDATING_ONCE=4 CONFLICT=5 DEPRECATED=7
readonly RESTARTS=5 UPDATE_LOOKS=30
readonly HANDED_OVER=--config-on-descriptor-3

say() { printf 'entrypoint: %s\n' "$*" >&2; }

# /proc shows the initial environment of a process, so this script restarts itself without the config in it.
if [[ -n ${RUNNER_JIT_CONFIG:-} ]]; then
  config=$RUNNER_JIT_CONFIG
  unset RUNNER_JIT_CONFIG
  exec "${BASH_SOURCE[0]}" "$HANDED_OVER" 3<<<"$config"
fi
config=
if [[ ${1:-} == "$HANDED_OVER" ]]; then
  read -r config <&3 # removes surrounding spaces
  exec 3<&-
fi

home=${RUNNER_HOME:-/home/runner}
pause_seconds=${RUNNER_RESTART_SECONDS:-5}

if [[ -z $config ]]; then
  say "RUNNER_JIT_CONFIG is not set; the task needs the environment file of its runner"
  exit "$EX_USAGE"
fi
if [[ ! -x $home/bin/Runner.Listener ]]; then
  say "$home/bin/Runner.Listener is not there or not executable; RUNNER_HOME must be the directory of GitHub's runner"
  exit "$EX_UNAVAILABLE"
fi

# A new directory: an image can contain files, and the local stack runs several tasks on one machine.
mark_dir=$(mktemp -d "${HOME:-/tmp}/.job.XXXXXX") || say "there is no place for the mark of a job"
mark=${mark_dir:+$mark_dir/started}

told_to_stop='' signalled='' child='' started='' code=''

# The runner shuts down in order after SIGINT, which GitHub's own service also sends. A process that was just forked
# still ignores SIGINT, so wait a moment.
pass_on() {
  if [[ $((SECONDS - started)) -le 1 ]]; then sleep 1; fi
  kill -INT "$child" 2>/dev/null || true
}

# shellcheck disable=SC2329  # the trap below calls it
stop() {
  told_to_stop=yes signalled=yes
  say "told to stop; passing it on"
  if [[ -n $child ]]; then pass_on; fi
}
trap stop TERM INT

# Runs a program and stores its exit code in `code`. `wait` also returns after a trapped signal. It is then called
# again, and returns 127 if it has already returned the exit code.
run() {
  # Background processes of a script ignore SIGINT unless it is reset.
  (trap - INT; exec "$@") </dev/null &
  child=$! started=$SECONDS
  # Forward a signal that arrived before the child existed.
  if [[ -n $told_to_stop ]]; then pass_on; fi
  code=
  local status
  while true; do
    signalled=
    status=0
    wait "$child" || status=$?
    if [[ $status -ne 127 || -z $code ]]; then code=$status; fi
    [[ -n $signalled ]] || break
  done
  child=
}

# The runner removes the config from its environment before it starts other processes. Hooks get the other variables
# of the runner, but not those of a job's `env` (actions/runner, src/Runner.Worker/JobHookProvider.cs).
listen() {
  ACTIONS_RUNNER_INPUT_JITCONFIG=$config ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1 \
    RUNNER_JOB_MARK=$mark RUNNER_TASK_LOG=${RUNNER_TASK_LOG:-/proc/$$/fd/1} \
    run ./bin/Runner.Listener run
}

# GitHub's updater replaces the program after it has ended, and then creates a file.
await_update() {
  local looks=0
  while [[ -z $told_to_stop && ! -e update.finished && $looks -lt $UPDATE_LOOKS ]]; do
    run sleep 1
    looks=$((looks + 1))
  done
  rm -f update.finished
}

cd "$home"
restarts=0
while true; do
  listen
  [[ -z $told_to_stop ]] || break
  case $code in
    "$RETRYABLE") say "the runner met an error that may pass" ;;
    "$UPDATING" | "$UPDATING_ONCE") say "the runner updates itself" ;;
    *) break ;;
  esac
  if [[ $restarts -ge $RESTARTS ]]; then
    say "the runner was started again $RESTARTS times; giving up"
    exit "$EX_TEMPFAIL"
  fi
  restarts=$((restarts + 1))
  if [[ $code -eq $RETRYABLE ]]; then run sleep "$pause_seconds"; else await_update; fi
  if [[ -n $told_to_stop ]]; then code=0 && break; fi
done

if [[ -n $told_to_stop && ($code -eq 130 || $code -eq 143) ]]; then
  say "the runner stopped after the stop signal"
  code=0
fi
if [[ $code -eq 0 && ! -e $mark ]]; then code=$EX_NOINPUT; fi
case $code in
  0) ;;
  "$EX_NOINPUT") say "the runner ended without a job: it was told to stop before one came, or its registration was removed" ;;
  "$FAILED") say "the runner could not register, connect or read its config; see its output above" ;;
  "$CONFLICT") say "another runner is connected under this one's name" ;;
  "$DEPRECATED") say "GitHub refuses this version of the runner; build the image with a newer one" ;;
  *) say "the runner ended with $code" ;;
esac
exit "$code"
