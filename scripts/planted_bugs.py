"""Plant bugs into the most dangerous guards, one at a time, and see each killed by fast tests.

Usage: python -m scripts.planted_bugs [--only WORD]    (about ten seconds a bug)

Works on a copy of the checkout. Ends with 1 if a bug survives the tests named beside it, or if its
place is not to be found any more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.planted_bug import Bug
from scripts.planted_money_bugs import MONEY_BUGS

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".git", ".venv", "data", "logs", "docs", "node_modules", "__pycache__", ".*_cache")
LIMIT_S = 180


ACTORS, ORDERS = "tests/unit/actors", "tests/unit/domain/orders"
SENTINEL = "tests/unit/adapters/sentinel"
_TRADE, _SAFE = ("portfolio", "exits", "risk_gate"), ("canceller", "reconciler", "drop_copy")
PORTFOLIO, EXITS, GATE = (f"{ACTORS}/trading/test_{each}.py" for each in _TRADE)
CANCELLER, RECONCILER, DROP_COPY = (f"{ACTORS}/safety/test_{each}.py" for each in _SAFE)
TRACKER = f"{ORDERS}/test_tracker.py"

BUGS = (
    *MONEY_BUGS,
    Bug(
        "loss limits never trip",
        "actors/trading/portfolio.py",
        "if one.is_breached and one.name not in self._tripped]",
        "if False]",
        PORTFOLIO,
    ),
    Bug(
        "a halt by losses is not latched",
        "actors/trading/portfolio.py",
        "effect=Effect.HALT, is_latched=True)",
        "effect=Effect.HALT)",
        PORTFOLIO,
    ),
    Bug(
        "drawdown from the highest NLV instead of what was earned",
        "domain/portfolio/losses.py",
        "if self.peak is None or _growth(grown) > _growth(self.peak):",
        "if self.peak is None or grown.nlv > self.peak.nlv:",
        "tests/unit/domain/portfolio/test_losses.py",
    ),
    Bug(
        "a stale quote may trigger a stop",
        "actors/trading/exits.py",
        "if not is_fresh and reason not in OF_NO_PRICE:",
        "if False:",
        EXITS,
    ),
    Bug(
        "no waiting between tries of an exit",
        "domain/decisions/exit_tries.py",
        "        if now_ns >= self._next_ns:\n",
        "        if True:\n",
        EXITS,
    ),
    Bug(
        "the reservation of an exit is not made",
        "actors/trading/risk_gate.py",
        "        self._exposure = self._exposure.reserve(order)\n",
        "        if order.purpose.name != 'EXIT':\n"
        "            self._exposure = self._exposure.reserve(order)\n",
        GATE,
    ),
    Bug(
        "once a bar is not remembered",
        "actors/trading/risk_gate.py",
        "        self._approved[approved_key(entry)] = None\n",
        "",
        GATE,
    ),
    Bug(
        "a fill is booked twice by the gate",
        "actors/trading/risk_gate.py",
        "        if books is not self._books:  # the same fill again",
        "        if True:  # the same fill again",
        GATE,
    ),
    Bug(
        "one listing is believed instead of two",
        "domain/orders/sweep.py",
        "LISTINGS_TO_BELIEVE = 2",
        "LISTINGS_TO_BELIEVE = 1",
        CANCELLER,
    ),
    Bug(
        "a failed listing does not begin the count anew",
        "actors/safety/canceller.py",
        "        if not self._is_whole(listing):\n            sweep.doubt()\n",
        "        if not self._is_whole(listing):\n            pass\n",
        CANCELLER,
    ),
    Bug(
        "foreign orders are cancelled too",
        "domain/orders/sweep.py",
        "        return order is not None and self.is_meant(order)\n",
        "        return order is None or self.is_meant(order)\n",
        CANCELLER,
    ),
    Bug(
        "an order accepted after a halt is not cancelled",
        "domain/orders/tracker.py",
        "        self._cancel_if_halted(self.orders.get(",
        "        id(self.orders.get(",
        TRACKER,
    ),
    Bug(
        "a list that is not complete counts",
        "domain/orders/tracker.py",
        "if listing.failure is not None or not listing.is_complete:",
        "if listing.failure is not None:",
        TRACKER,
    ),
    Bug(
        "an ended order that comes alive again goes unnoticed",
        "domain/orders/lifecycle.py",
        "    E_.ACCEPTED: S.OPEN,\n    E_.NOT_SENT_RETRY: S.VOID,  # a late",
        "    E_.ACCEPTED: S.VOID,\n    E_.NOT_SENT_RETRY: S.VOID,  # a late",
        ORDERS,
    ),
    Bug(
        "an order given up that the venue shows alive goes unnoticed",
        "domain/orders/lifecycle.py",
        "    E_.NOT_SENT_FINAL: S.VOID,\n    E_.SEEN_LIVE: S.OPEN,",
        "    E_.NOT_SENT_FINAL: S.VOID,\n    E_.SEEN_LIVE: S.VOID,",
        ORDERS,
    ),
    Bug(
        "absence is believed before the last sending and H",
        "domain/orders/order.py",
        "    return is_late and is_within(order, listing.since_ns)\n",
        "    return is_within(order, listing.since_ns)\n",
        ORDERS,
    ),
    Bug(
        "absence is believed of a list that does not reach far enough back",
        "domain/orders/order.py",
        "    return is_late and is_within(order, listing.since_ns)\n",
        "    return is_late\n",
        ORDERS,
    ),
    Bug(
        "a gap of the user stream goes unnoticed",
        "domain/orders/tracker.py",
        "        if frame.sequence > last + 1:\n",
        "        if False:\n",
        TRACKER,
    ),
    Bug(
        "the sequence of the market stream is not checked",
        "adapters/venues/coinbase/session.py",
        "        if frame.sequence > expected:\n",
        "        if False:\n",
        "tests/unit/adapters/venues/coinbase/test_session.py",
    ),
    Bug(
        "the time at which a lost request was sent is dropped",
        "domain/orders/tracker.py",
        "lost = advance(order, Event.OUTCOME_LOST, reason=reason, sent_ns=answer.sent_ns)",
        "lost = advance(order, Event.OUTCOME_LOST, reason=reason)",
        TRACKER,
    ),
    Bug(
        "an order is tried without end",
        "domain/orders/tracker.py",
        "        if is_final or order.tries >= TRIES:\n",
        "        if is_final:\n",
        TRACKER,
    ),
    Bug(
        "a comparison that differs is enough after a gap",
        "actors/safety/reconciler.py",
        "        if not is_clean:\n            if kind == GAP:\n"
        "                self.after_machine(GAP_AGAIN_NS, GapAgain())\n            return\n",
        "",
        RECONCILER,
    ),
    Bug(
        "the sweep before the start is skipped",
        "actors/safety/reconciler.py",
        "        elif self._kind == BOOT and not self._is_swept:\n",
        "        elif False:\n",
        RECONCILER,
    ),
    Bug(
        "the drop copy never disagrees",
        "actors/safety/drop_copy.py",
        "            if now_ns - first_ns > AGREE_WITHIN_NS:\n",
        "            if False:\n",
        DROP_COPY,
    ),
    Bug(
        "a sweep that was not over in time counts as swept",
        "app/run/guardian.py",
        "        if not self._is_swept:\n            self._system",
        "        self._is_swept = True\n        if not self._is_swept:\n            self._system",
        "tests/unit/app/run/test_guardian.py",
    ),
    Bug(
        "the sentinel stops before the last sending and H",
        "adapters/sentinel/duty.py",
        "and begun_s > death_s + lifetime_s",
        "and begun_s > death_s",
        SENTINEL,
    ),
    Bug(
        "the sentinel cancels what is not ours",
        "adapters/sentinel/duty.py",
        "        alive = ours.alive(live, wanted)\n",
        "        alive = [each.order_id for each in live.orders]\n",
        SENTINEL,
    ),
    Bug(
        "a product may be bought while an order of it is in doubt",
        "domain/orders/keeper.py",
        "        if order.state is OrderState.UNKNOWN:\n            why",
        "        if False:\n            why",
        ORDERS,
    ),
    Bug(
        "a rule that fails lets the order pass",
        "domain/risk/gate.py",
        "            refusal = failed(rule.CODE, error)\n",
        "            refusal = None\n",
        "tests/unit/domain/risk",
    ),
    Bug(
        "the size of a tier cuts nothing",
        "domain/risk/gate.py",
        "    return evolve(wanted, notional_pct=limits.size_pct)\n",
        "    return wanted\n",
        "tests/unit/domain/risk/test_tier_sizes.py",
    ),
    Bug(
        "a looser limit is told as a tighter one",
        "config/difference.py",
        'second < first if key.tighter == "lower" else second > first',
        'second > first if key.tighter == "lower" else second < first',
        "tests/unit/config/test_difference.py",
    ),
    Bug(
        "what can be lost leaves out the gap behind a stop",
        "domain/risk/blast_radius.py",
        " * (ONE - self.gap_pct / HUNDRED)",
        "",
        "tests/unit/domain/risk/test_blast_radius.py",
    ),
    Bug(
        "an entry is bought on a price nobody knows",
        "domain/orders/tracker.py",
        "            why = NO_PRICE\n",
        "            pass\n",
        TRACKER,
    ),
    Bug(
        "what is missing is sold",
        "domain/model/portfolio.py",
        "        return Quantity(self.quantity - missing) if missing else self.quantity\n",
        "        return self.quantity\n",
        EXITS,
    ),
    Bug(
        "an entry is bought at a price that jumped",
        "domain/risk/rules/suspect_price.py",
        "        if doubt is None:\n",
        "        if doubt is None or doubt.is_open:\n",
        "tests/unit/domain/risk/rules/test_suspect_price.py",
    ),
    Bug(
        "a lot is sold into a spike that nobody has confirmed",
        "domain/decisions/exit_prices.py",
        "    return not is_doubted or now_ns - due_since_ns >= HELD_NS\n",
        "    return True\n",
        "tests/unit/domain/decisions/test_exit_prices.py",
    ),
    Bug(
        "a product is bought though the venue says of it what nobody knows",
        "domain/model/product.py",
        "        return not self.unknown and",
        "        return",
        "tests/unit/domain/model/test_product.py",
    ),
    Bug(
        "a restart forgets what paces entries",
        "domain/system/recovery.py",
        "self._past_trades = self._past_trades.after(booked, at_ns, *ledgers)",
        "del ledgers",
        "tests/unit/domain/system/test_recovery.py",
    ),
    Bug(
        "fills pace nothing",
        "actors/trading/risk_gate.py",
        "self._past_trades = self._past_trades.after(booked, now_ns, *ledgers)",
        "del now_ns, ledgers",
        GATE,
    ),
    Bug(
        "what the self-test approves may leave",
        "adapters/venues/coinbase/bodies.py",
        "return SYNTHETIC if isinstance(intent.order, SyntheticEntry) else None",
        "return None",
        "tests/unit/app/selftest/test_stage.py",
    ),
    Bug(
        "a rule that fails to answer is told to nobody",
        "actors/trading/risk_gate.py",
        "self._failures.take(entry.proposal.product, verdict)",
        "pass",
        "tests/unit/actors/trading/test_rule_failures.py",
    ),
)


def planted(bug: Bug, root: Path) -> str:
    """Return the text of the bug's file with the bug in it.

    Raises:
        ValueError: its place is not there, or more than once.
    """
    text = (root / bug.file).read_text(encoding="utf-8")
    if (found := text.count(bug.old)) != 1:
        raise ValueError(f"{bug.name}: its place is in {bug.file} {found} times, not once")
    return text.replace(bug.old, bug.new)


def killer_of(bug: Bug, copy: Path) -> str | None:
    """Plant the bug into the copy and run its tests; return the test that failed, None if none."""
    file = copy / bug.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(planted(bug, copy), encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider")
    try:
        done = subprocess.run(
            [*command, *bug.tests.split()],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {LIMIT_S} s"
    finally:
        file.write_text(whole, encoding="utf-8")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{bug.name}: pytest ended with {done.returncode}\n{done.stdout}")
    return failed[0].split(" - ")[0].rpartition("::")[2] if failed else None


def copied(folder: Path) -> Path:
    """Return a copy of the checkout in `folder`."""
    copy = folder / "checkout"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    return copy


def main(words: Sequence[str] | None = None) -> int:
    """Plant each bug; print who killed it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="bugs with this in the name")
    bugs = [bug for bug in BUGS if parser.parse_args(words).only in bug.name]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        for bug in bugs:
            killer = killer_of(bug, copy)
            survivors += killer is None
            print(f"{bug.name:<58} {killer or 'SURVIVED'}", flush=True)
    print(f"{len(bugs) - survivors} of {len(bugs)} bugs killed")
    return 1 if survivors or not bugs else 0


if __name__ == "__main__":
    raise SystemExit(main())
