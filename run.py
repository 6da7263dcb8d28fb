"""The one entry point: `python run.py --help`.

Up to the imports this file is written so that every old Python can read it, and say what it lacks.
"""

import gc
import sys


def _refusal(text):
    # type: (str) -> SystemExit
    sys.stderr.write("run.py: %s\n" % text)  # noqa: UP031 - old Pythons
    return SystemExit(2)


if sys.version_info[:2] != (3, 11):
    raise _refusal(
        "needs Python 3.11, and this is %d.%d (%s). Start it with ./scripts/paper, or "  # noqa: UP031 - old Pythons
        "`. .venv/bin/activate` first, then `python run.py ...`; ./scripts/setup makes .venv"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
if sys.flags.optimize:
    raise _refusal("python -O drops checks that guard orders; start it without -O")

# What a start makes nearly all stays: to look through it every 700 objects took a sixth of it.
gc.set_threshold(10000, 10, 10)
try:
    from app.command_line.cli import main
    from app.command_line.streams import on_safe_streams
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] in ("app", "actors", "adapters", "config", "domain"):
        raise
    raise _refusal(  # noqa: B904 - Python 2 can't read `from None`
        "the package %r is missing in %s. Run ./scripts/setup once, then "  # noqa: UP031 - old Pythons
        "`. .venv/bin/activate`, then `python run.py ...`" % (error.name, sys.executable)
    )

if __name__ == "__main__":
    sys.exit(on_safe_streams(main))
