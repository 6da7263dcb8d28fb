"""All benchmarks of two checkouts in one run, as ratios: nothing may get slower unnoticed.

The two take turns, each benchmark as the checkout has it, read from the tables that it prints. The
best p50 of all rounds is compared, because noise only ever adds. Rows of a floor show how much
noise is left: they should be 1.00.

Usage: python benchmarks/compare.py --against DIR [--rounds N] [--only NAME ...] [--limit 1.1]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.smoke import HERE, benchmarks

LIMIT_S = 600
UNITS = ("p50 us", "p50 µs", "us a frame", "median s")
"""What the column of a table is called that is compared."""
PAIR = re.compile(r"^(?P<name>\w+) +\{'p50_us': (?P<figure>[\d.]+),")
SIZE = re.compile(r"\d+ bytes")


def figures(text: str) -> Iterator[tuple[str, float]]:
    """Yield name and figure of each row of the tables in `text`."""
    title, end = "", 0
    for line in text.splitlines():
        unit = next((each for each in UNITS if each in line), None)
        pair = PAIR.match(line)
        if pair is not None:
            yield pair["name"], float(pair["figure"])
        elif unit is not None:
            end = line.index(unit) + len(unit)
        elif end and _is_number(cell := line[:end].split(" ")[-1]):
            label = re.split(r"\s{2,}", line.strip())[0]
            yield SIZE.sub("bytes", f"{title}: {label}" if title else label), float(cell)
        else:
            title, end = line.partition(" (")[0].partition(",")[0], 0


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+\.\d+", text) is not None


def measured(checkout: Path, name: str) -> dict[str, float]:
    """Run one benchmark of `checkout`; nothing if it does not run there."""
    command = [sys.executable, str(checkout / "benchmarks" / name)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=LIMIT_S)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        print(f"{checkout.name}/{name} does not run: {last}", file=sys.stderr)
        return {}
    return dict(figures(done.stdout))


def best(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the least figure of each row."""
    names = dict.fromkeys(name for found in rounds for name in found)
    return {name: min(found[name] for found in rounds if name in found) for name in names}


def compare(name: str, before: Path, after: Path, rounds: int) -> list[tuple[str, float, float]]:
    """Return (row, before, after) of one benchmark; who begins changes with each round."""
    found: dict[Path, list[dict[str, float]]] = {before: [], after: []}
    for number in range(rounds):
        for checkout in (before, after) if number % 2 == 0 else (after, before):
            found[checkout].append(measured(checkout, name))
    old, new = best(found[before]), best(found[after])
    return [(row, old[row], new[row]) for row in old if row in new]


def main() -> int:
    """Print the ratios; return 1 if one that is no floor exceeds the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="the checkout of before")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="benchmarks, by the names of their files")
    parser.add_argument("--limit", type=float, default=1.1)
    options = parser.parse_args()
    slower = 0
    print(f"{'':72}{'before':>12}{'after':>12}{'ratio':>8}")
    for path in benchmarks():
        if options.only and path.stem not in options.only:
            continue
        against = options.against.resolve()
        for row, old, new in compare(path.name, against, HERE.parent, options.rounds):
            is_slower = new / old > options.limit and "floor" not in row
            slower += is_slower
            title = f"{path.stem}: {row}"
            mark = "  slower" if is_slower else ""
            print(f"{title:72}{old:12.2f}{new:12.2f}{new / old:8.2f}{mark}", flush=True)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
