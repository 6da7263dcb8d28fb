"""Kill a trader with SIGKILL hundreds of times, start it again each time, and compare its books.

    python -m scripts.sigkills --count 500    about twenty minutes, one core

The first half of the kills is done beside a venue that lives on, the second half with an embedded
venue that dies with the trader. Moments are drawn by `--seed` from what the journal shows; what has
to hold after each is written in `tests/builders/sigkills.py`. Exit code 1 if anything did not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

from domain.model.money import install_context
from domain.model.wording import counted
from tests.builders.sigkills import Kills, Moment, kill_often, moments
from tests.builders.simulator_process import venue_process

VERIFY_EVERY = 10
"""Every kill checks the chain of what is new; a whole `audit verify` comes once in so many."""
TOLD_EVERY = 10


class Progress:
    """Tells on standard error how far it is, and at once of what does not hold."""

    def __init__(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        self._begun_s = time.monotonic()

    def hear(self, number: int, wrong: list[str]) -> None:
        """Take note of a kill."""
        for each in wrong:
            print(f"{self._name}, kill {number}: {each}", file=sys.stderr)
        if number % TOLD_EVERY == 0 or number == self._count:
            took_s = time.monotonic() - self._begun_s
            print(f"{self._name}: {number} of {self._count}, {took_s:.0f} s", file=sys.stderr)


def with_venue_beside(home: Path, drawn: list[Moment], speed: int) -> tuple[Kills, list[str]]:
    """Kill at these moments; the venue goes on."""
    with venue_process(home / "venue", "--speed", str(speed)) as venue:
        kills = Kills(home, venue, speed)
        hear = Progress("venue beside", len(drawn)).hear
        return kills, kill_often(kills, drawn, verify_every=VERIFY_EVERY, hear=hear)


def with_venue_inside(home: Path, drawn: list[Moment], speed: int) -> tuple[Kills, list[str]]:
    """Kill at these moments; the embedded venue dies too, and comes back from its files."""
    kills = Kills(home, None, speed)
    hear = Progress("embedded venue", len(drawn)).hear
    return kills, kill_often(kills, drawn, verify_every=VERIFY_EVERY, hear=hear)


def main() -> int:
    """Kill, print what did not hold and one line in the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="how often")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--speed", type=int, default=30, help="of the market")
    options = parser.parse_args()
    install_context()
    drawn = list(islice(moments(options.seed), options.count))
    middle = (options.count + 1) // 2
    places, found, tallies = Counter[str](), list[str](), list[str]()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name, part, play in (
            ("beside", drawn[:middle], with_venue_beside),
            ("inside", drawn[middle:], with_venue_inside),
        ):
            home = Path(folder) / name
            home.mkdir()
            kills, wrong = play(home, part, options.speed)
            places += kills.places
            found += wrong
            tallies.append(kills.tally)
    for each in found:
        print(each)
    print("killed at: " + ", ".join(f"{name} {count}" for name, count in places.most_common()))
    print(f"{counted(places.total(), 'kill')} ({'; '.join(tallies)}): {len(found)} did not hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
