#!/usr/bin/env bash
# What the container runs: GitHub's runner, for one job, with the just-in-time config of this task.
#
# The config comes in RUNNER_JIT_CONFIG, from the environment file that ECS reads from S3. No job can see it in
# its environment, in that of this script or on a command line. What the runner keeps for itself is in reach of
# a job, for both run as one user; it is good for one job.
#
# GitHub's run.sh is not used: it ends with 0 whatever became of its runner, and the task's exit code is what
# tells a runner that did its job from one that never connected. Its loop is here, with an end to it.
#
# The runner program also ends with 0 when its registration was removed while it was idle. So 0 is passed on only if
# job-hook.sh left its mark, the file that RUNNER_JOB_MARK names. A job's steps run as the same user and may write or
# delete the mark: a job can only fake that it ran, which it did, or hide it, and then GitHub's webhooks show it.
#
# As the container's first process it passes SIGTERM on and reaps what jobs leave behind, so no init is needed.
#
# Exit codes:
#   0    a job was started here, and is over (whatever its result) or was stopped with its runner
#   1    the runner could not register, connect or read its config
#   5    another runner is connected under this one's name
#   7    GitHub refuses this version of the runner as too old
#   64   RUNNER_JIT_CONFIG is not set
#   66   the runner ended without a job: its registration was removed, as GitHub does with idle ones (actions/runner
#        #4726), or it was told to stop before a job came, or its job failed before the hook was run, as one does that
#        uses an action which can not be downloaded
#   69   the runner program is not where RUNNER_HOME says
#   75   the runner asked too often to be started again
#   any other: the runner program's own
# Source of the runner's codes: actions/runner, src/Runner.Common/Constants.cs, ReturnCode, and
# src/Misc/layoutroot/run-helper.sh.template.
set -Eeuo pipefail

readonly EX_USAGE=64 EX_NOINPUT=66 EX_UNAVAILABLE=69 EX_TEMPFAIL=75
readonly FAILED=1 RETRYABLE=2 UPDATING=3 UPDATING_ONCE=4 CONFLICT=5 DEPRECATED=7
readonly RESTARTS=5 UPDATE_LOOKS=30
readonly HANDED_OVER=--config-on-descriptor-3

say() { printf 'entrypoint: %s\n' "$*" >&2; }

# /proc tells the environment that a process began with, so this one begins again without the config.
if [[ -n ${RUNNER_JIT_CONFIG:-} ]]; then
  config=$RUNNER_JIT_CONFIG
  unset RUNNER_JIT_CONFIG
  exec "${BASH_SOURCE[0]}" "$HANDED_OVER" 3<<<"$config"
fi
config=
if [[ ${1:-} == "$HANDED_OVER" ]]; then
  read -r config <&3 # without the spaces around it
  exec 3<&-
fi

home=${RUNNER_HOME:-/home/runner}
pause_seconds=${RUNNER_RESTART_SECONDS:-5}

if [[ -z $config ]]; then
  say "RUNNER_JIT_CONFIG is not set; the task needs the environment file of its runner"
  exit "$EX_USAGE"
fi
if [[ ! -x $home/bin/Runner.Listener ]]; then
  say "$home/bin/Runner.Listener is not there or not executable; RUNNER_HOME must name the folder of GitHub's runner"
  exit "$EX_UNAVAILABLE"
fi

# A folder that nothing else has used: an image may bring files, and the local stack runs tasks side by side.
mark_dir=$(mktemp -d "${HOME:-/tmp}/.job.XXXXXX") || say "there is no place for the mark of a job"
mark=${mark_dir:+$mark_dir/started}

told_to_stop='' signalled='' child='' started='' code=''

# The runner takes SIGINT for the wish to end in order, as GitHub's own service sends it. One that has just
# been forked still ignores it, so it is given a moment.
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

# Run a program and leave its exit code in `code`. `wait` also returns when a signal was trapped; then it is
# asked again, and answers 127 if it has told the code already.
run() {
  # What a script starts in the background ignores SIGINT, unless it is reset.
  (trap - INT; exec "$@") </dev/null &
  child=$! started=$SECONDS
  # A signal that came before there was a child found nobody to pass it on to.
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

# The runner takes the config out of its environment before it starts anything. What else it is given reaches
# the hooks; what a job sets in `env` does not (actions/runner, src/Runner.Worker/JobHookProvider.cs).
listen() {
  ACTIONS_RUNNER_INPUT_JITCONFIG=$config ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1 \
    RUNNER_JOB_MARK=$mark RUNNER_TASK_LOG=${RUNNER_TASK_LOG:-/proc/$$/fd/1} \
    run ./bin/Runner.Listener run
}

# GitHub's updater replaces the program after it has ended, and says so in a file.
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
    say "it was started again $RESTARTS times; that is enough"
    exit "$EX_TEMPFAIL"
  fi
  restarts=$((restarts + 1))
  if [[ $code -eq $RETRYABLE ]]; then run sleep "$pause_seconds"; else await_update; fi
  if [[ -n $told_to_stop ]]; then code=0 && break; fi
done

if [[ -n $told_to_stop && ($code -eq 130 || $code -eq 143) ]]; then
  say "the runner stopped as it was told"
  code=0
fi
if [[ $code -eq 0 && ! -e $mark ]]; then code=$EX_NOINPUT; fi
case $code in
  0) ;;
  "$EX_NOINPUT") say "the runner ended without a job: it was told to stop before one came, or its registration was removed" ;;
  "$FAILED") say "the runner could not register, connect or read its config; its own words are above" ;;
  "$CONFLICT") say "another runner is connected under this one's name" ;;
  "$DEPRECATED") say "GitHub refuses this version of the runner; build the image with a newer one" ;;
  *) say "the runner ended with $code" ;;
esac
exit "$code"
