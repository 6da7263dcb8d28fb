"""Sell everything: `python liquidate_to_usdc.py --emergency`, the same as `run.py liquidate`."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    program = Path(__file__).with_name("run.py")
    sys.argv[:] = [str(program), "liquidate", *sys.argv[1:]]
    runpy.run_path(str(program), run_name="__main__")
