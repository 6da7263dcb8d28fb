#!/bin/sh
# Judge the newest rehearsal: ./scripts/analyze_rehearsal.sh [--json]. Ends with 0 on GO, 1 on NO-GO.
set -eu
. "$(dirname -- "$0")/environment.sh"
environment runtime
cd "$root"
exec "$venv_python" run.py rehearsal report "$@"
