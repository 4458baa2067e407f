#!/usr/bin/env bash
# What the container runs: GitHub's runner, for one job, with the just-in-time config of this task.
#
# The config comes in RUNNER_JIT_CONFIG, from the environment file that ECS reads from S3. It is taken out of
# the environment before the runner starts, so that no job can see it there.
#
# Exit codes:
#   0    the job is over (whatever its result), or the runner stopped when it was told to
#   64   RUNNER_JIT_CONFIG is not set
#   69   the runner program is not where RUNNER_HOME says
#   any other: the runner program's own
set -Eeuo pipefail

readonly EX_USAGE=64 EX_UNAVAILABLE=69

say() { printf 'entrypoint: %s\n' "$*" >&2; }

config=${RUNNER_JIT_CONFIG:-}
unset RUNNER_JIT_CONFIG
home=${RUNNER_HOME:-/home/runner}

if [[ -z $config ]]; then
  say "RUNNER_JIT_CONFIG is not set; the task needs the environment file of its runner"
  exit "$EX_USAGE"
fi
if [[ ! -x $home/run.sh ]]; then
  say "$home/run.sh is not there or not executable; RUNNER_HOME must name the folder of GitHub's runner"
  exit "$EX_UNAVAILABLE"
fi

told_to_stop='' signalled=''
child=

# shellcheck disable=SC2329  # the trap below calls it
stop() {
  told_to_stop=yes signalled=yes
  say "told to stop; passing it on"
  if [[ -n $child ]]; then kill -TERM "$child" 2>/dev/null || true; fi
}
trap stop TERM INT

# GitHub's run.sh passes signals on to the runner only when it is asked to (source: its text, 2.320).
export RUNNER_MANUALLY_TRAP_SIG=1

cd "$home"
./run.sh --jitconfig "$config" &
child=$!
unset config
# A signal between the trap and the start of the child found nobody to pass it on to.
if [[ -n $told_to_stop ]]; then kill -TERM "$child" 2>/dev/null || true; fi

# `wait` also returns when a signal was trapped; then it is asked again for the runner's own code,
# and answers 127 if it has told that code already.
code=
while true; do
  signalled=
  status=0
  wait "$child" || status=$?
  if [[ $status -ne 127 || -z $code ]]; then code=$status; fi
  [[ -n $signalled ]] || break
done

if [[ -n $told_to_stop && ($code -eq 130 || $code -eq 143) ]]; then
  say "the runner stopped as it was told"
  exit 0
fi
exit "$code"
