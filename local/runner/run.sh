#!/usr/bin/env bash
# Stands in for the run.sh of GitHub's runner in the local stack: the same arguments, one job, one exit code.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "${STAND_IN_PYTHON:-python3}" -I "$here/program.py" "$@"
