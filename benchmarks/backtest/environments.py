"""Makes the environments of the peers, one each, from pinned requirements.

Usage: python -m benchmarks.backtest.environments [--envs DIR] [NAME ...]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEFAULT = HERE.parents[1] / ".venv-peers"
PEERS = ("nautilus", "backtesting", "vectorbt")


def python_of(envs: Path, peer: str) -> Path:
    """Return the interpreter of a peer's environment, whether it is there or not."""
    return envs / peer / "bin" / "python"


def main(arguments: list[str]) -> None:
    """Make what is asked for; an environment that is there is brought to the pinned versions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--envs", type=Path, default=DEFAULT, help="default: .venv-peers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(PEERS)}")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(PEERS))
    if unknown:
        parser.error(f"expected some of {', '.join(PEERS)}, was {', '.join(unknown)}")
    for name in asked.names or PEERS:
        venv.create(asked.envs / name, with_pip=True)
        pinned = HERE / "requirements" / f"{name}.txt"
        command = [
            str(python_of(asked.envs, name)),
            "-m",
            "pip",
            "install",
            "-q",
            "-r",
            str(pinned),
        ]
        subprocess.run(command, check=True)
        print(f"{name}: ready", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
