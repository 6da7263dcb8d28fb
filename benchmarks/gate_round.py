"""The risk gate's part of a decision: what 20 strategies want of 100 products, merged and judged.

Every rule is asked about every entry. CPU time of direct calls, so that a
busy machine says the same; the floor is the sizing of the same entries alone.
Usage: python benchmarks/gate_round.py [--cycles N]
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


from actors.kernel.topology import RISK_GATE
from actors.trading.risk_gate import RiskGate
from benchmarks.decision_round import a_boot, a_strategy, prepared
from benchmarks.parts import Bench, bench, computed, last_minute, parsed, table
from domain.decisions.rounds import merge
from domain.messages.decisions import EntryProposed, ProposalRefused
from domain.messages.universe import UniverseJudged
from domain.model.money import install_context
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal
from domain.model.universe import Standing
from domain.risk.gate import _size, judge_entry
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import Sized
from domain.risk.view import RiskView

STRATEGIES, PRODUCTS = 20, 100
TARGET_US = 10_000
MOST = 20
"""Proposals of one decision that an entry of `strategies.yaml` may allow at most."""
SLOWEST = 6
"""Rules that are shown by name."""
Answers = Mapping[str, tuple[TradeProposal, ...]]


def answers(strategies: int, products: Sequence[ProductId]) -> Answers:
    """Return a proposal of each strategy for each product, of convictions that differ."""
    return {
        f"breakout{number}": tuple(_wish(each, number, at) for at, each in enumerate(products))
        for number in range(strategies)
    }


def _wish(product: ProductId, strategy: int, at: int) -> TradeProposal:
    return TradeProposal(
        product=product,
        side=Side.BUY,
        notional_pct=Decimal(1),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(9),
        conviction=Decimal(50) / 100 + Decimal((strategy * 5 + at) % PRODUCTS) / 1000,
    )


def judged(gate: RiskGate, entries: Sequence[EntryProposed]) -> None:
    """Judge as a round does; the last entry is as much work as the first."""
    refused = sum(isinstance(verdict, ProposalRefused) for _, verdict in gate._judged(entries))
    assert refused == len(entries), "an approval would leave less for the next round"


def judged_apart(gate: RiskGate, entries: Sequence[EntryProposed]) -> None:
    """Judge each entry on a view of its own, as where each before it was approved."""
    for number, entry in enumerate(entries):
        judge_entry(entry, gate._view(), number, gate._rules)


def rules_of(gate: RiskGate, entries: Sequence[EntryProposed], cycles: int) -> Counter[str]:
    """Return the microseconds that each rule takes of a round."""
    spent: Counter[str] = Counter()
    view = gate._view()
    sizes = [_size(entry, view, gate._rules) for entry in entries]
    wanted = [
        Candidate(entry, size if isinstance(size, Sized) else None)
        for entry, size in zip(entries, sizes, strict=True)
    ]
    for rule in gate._rules:
        work = partial(_asked, rule, wanted, view)
        times = [computed(work) for _ in range(cycles)]
        spent[rule.CODE] = int(sorted(times)[len(times) // 2])
    return spent


def _asked(rule: EntryRule, wanted: Sequence[Candidate], view: RiskView) -> None:
    for each in wanted:
        rule.judge(each, view)


def ready(found: Bench, strategies: int, products: int) -> RiskGate:
    """Return a gate that knows prices, bars and tiers of so many products."""
    boot = a_boot(products)
    prepared(found, [a_strategy(number) for number in range(strategies)], boot, products)
    gate = found.runtime.members[RISK_GATE]
    assert isinstance(gate, RiskGate)
    tier = sorted(gate._mandate.tiers)[0]
    standings = (
        Standing(product=each.id, tier=tier, depth=Decimal(1_000_000)) for each in boot.products
    )
    found.runtime.announce(UniverseJudged(tuple(standings)))
    found.settle()
    return gate


def main() -> None:
    """Print what a round takes, and which rules take most of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1_000)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    options = parsed(parser, cycles=3, products=10)
    install_context()
    with bench("virtual") as found:
        gate = ready(found, STRATEGIES, options.products)
        gc.freeze()  # as a run does before it trades
        names = [ProductId(each) for each in sorted(gate._books.products)]
        told = answers(STRATEGIES, names)
        bars = dict.fromkeys(told, dict.fromkeys(names, last_minute()))
        limits = dict.fromkeys(told, MOST)  # each product is among the most of somebody
        entries, _ = merge(told, bars, limits)
        assert len(entries) == len(names), "every product is wanted"

        def timed(work: Callable[[], object]) -> list[float]:
            return [computed(work) for _ in range(options.cycles)]

        table(
            f"{STRATEGIES} strategies x {len(names)} products, {len(gate._rules)} rules"
            f" (target p99 <= {TARGET_US} for both together)",
            [
                ("sizing alone (floor)", timed(lambda: _sized(gate, entries))),
                ("merge", timed(lambda: merge(told, bars, limits))),
                ("views alone", timed(lambda: [gate._view() for _ in entries])),
                ("judge", timed(lambda: judged(gate, entries))),
                ("judge, a view for each", timed(lambda: judged_apart(gate, entries))),
                ("merge and judge", timed(lambda: judged(gate, merge(told, bars, limits)[0]))),
            ],
            "sizing alone (floor)",
        )
        tell_rules(rules_of(gate, entries, options.cycles))


def tell_rules(spent: Counter[str]) -> None:
    """Print the rules that take most of a round."""
    print("\nrules that take most of a round, us")
    for code, took_us in spent.most_common(SLOWEST):
        print(f"{code:34}{took_us:11}")


def _sized(gate: RiskGate, entries: Sequence[EntryProposed]) -> None:
    view = gate._view()
    for entry in entries:
        _size(entry, view, gate._rules)


if __name__ == "__main__":
    main()
