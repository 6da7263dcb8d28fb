"""The one entry point: `python run.py --help`."""

import sys

if sys.flags.optimize:
    print("run.py: python -O drops checks that guard orders; start it without -O", file=sys.stderr)  # noqa: T201
    sys.exit(2)

from app.command_line.cli import main

if __name__ == "__main__":
    sys.exit(main())
