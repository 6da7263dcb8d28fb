"""Drills of what a venue can do to us, its account included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.rehearsal.drill import DrillPhase, RehearsalDrill, fault

LISTS = ["orders", "fills", "accounts"]
OTHER_PORTFOLIO = "0a1b2c3d-0000-4000-8000-000000000000"
MUCH_SOLD = ("policy.exits.max_hold=1m",)


def _under(*faults: Mapping[str, Any], sets: tuple[str, ...] = MUCH_SOLD) -> tuple[DrillPhase, ...]:
    return (DrillPhase(minutes=6, sets=sets, faults=faults),)


def _says(endpoint: str, member: str, value: object) -> Mapping[str, Any]:
    """Return a fault: as long as it runs, the venue says this of a member."""
    told = {"endpoint": endpoint, "member": member, "value": value}
    return fault("odd_content", "0s", for_="1000s", **told)


VENUE: tuple[RehearsalDrill, ...] = (
    RehearsalDrill(
        name="streams",
        does="streams freeze, lose frames and are stamped ahead",
        fires=("user_stream", "CLOCK", "STALENESS"),
        phases=_under(
            fault("freeze_stream", "30s", for_="40s"),
            fault("seq_gap", "100s"),
            fault("clock_skew", "160s", for_="20s", by="5s"),
            fault("disconnect", "220s"),
            sets=(),
        ),
    ),
    RehearsalDrill(
        name="lists",
        does="lists can't be read, and requests are refused as too many",
        fires=("venue_lists", "drop_copy_lists", "private_limit", "public_limit", "HISTORY"),
        phases=_under(
            fault("garbage_json", "30s", for_="120s", endpoint=[*LISTS, "candles"]),
            fault("http_429", "150s", for_="80s", endpoint="candles"),
            fault("http_429", "240s", for_="60s"),
        ),
    ),
    RehearsalDrill(
        name="answers",
        does="answers to orders are lost and the venue denies what it has",
        fires=("unknown_order", "NO_VENUE_STOP"),
        phases=_under(fault("unanswered", "30s", for_="220s", probability=0.5)),
    ),
    RehearsalDrill(
        name="rejections",
        does="the venue rejects orders and stop orders",
        fires=("rejected_entries", "rejected_orders", "EXIT_HINDERED"),
        phases=_under(
            fault("reject_order", "55s", for_="220s", probability=0.5),
            fault("product_flag", "55s", for_="200s", product="BTC-USD", flag="cancel_only"),
        ),
    ),
    RehearsalDrill(
        name="balances",
        does="coins and money go without an order, money again and again",
        fires=("reconcile", "CASH_FLOW", "DISCREPANCY"),
        phases=_under(
            fault("balance_change", "100s", currency="USD", amount="-100"),
            fault("balance_change", "200s", currency="ETH", amount="-0.005"),
            *(
                fault("balance_change", f"{at}s", currency="USD", amount="-3")
                for at in range(270, 330)
            ),
            sets=(),
        ),
    ),
    RehearsalDrill(
        name="content",
        does="the venue sends what can't be read",
        fires=("LEFT_OUT", "unreadable_orders"),
        phases=_under(
            fault(
                "odd_content",
                "30s",
                for_="60s",
                channel="l2_data",
                member="updates.*.price_level",
                value="0",
            ),
            fault(
                "odd_content",
                "128s",
                for_="20s",
                endpoint="orders",
                member="orders.*.side",
                value="",
            ),
            fault("truncated_json", "200s", for_="60s", probability=0.5, endpoint=LISTS),
        ),
    ),
    RehearsalDrill(
        name="delisting",
        does="a product that is owned is taken from the market",
        phases=_under(fault("delisting", "140s", product="BTC-USD"), sets=()),
    ),
)
"""Drills of streams, lists, answers and balances."""

ACCOUNT: tuple[RehearsalDrill, ...] = (
    RehearsalDrill(
        name="starts",
        does="starts with a key that may not trade, products of another currency, another account"
        " with money of another currency",
        fires=("permissions", "no_products", "account", "WALLET"),
        phases=(
            DrillPhase(minutes=2, faults=(_says("permissions", "can_trade", False),)),
            DrillPhase(
                minutes=2, faults=(_says("products", "products.*.quote_currency_id", "EUR"),)
            ),
            DrillPhase(
                minutes=2,
                sets=(f"app.account.portfolio_uuid={OTHER_PORTFOLIO}",),
                faults=(_says("accounts", "accounts.*.currency", "EUR"),),
            ),
        ),
    ),
    RehearsalDrill(
        name="journal",
        does="the journal is gone, and the account holds what it has bought; a backup is restored",
        fires=("lineage", "lost_orders", "boot", "restored"),
        phases=(
            DrillPhase(minutes=3),
            DrillPhase(
                minutes=2,
                loses_journal=True,
                faults=(fault("garbage_json", "0s", for_="20s", endpoint="accounts"),),
            ),
            DrillPhase(minutes=1, restores_journal=True),
        ),
    ),
    RehearsalDrill(
        name="missing",
        does="coins of a lot that no order at the venue protects are taken away",
        fires=("missing", "MISSING", "UNPROTECTED"),
        phases=(
            DrillPhase(
                minutes=5,
                sets=("policy.exits.venue_stops=false",),
                faults=(fault("balance_change", "150s", currency="ETH", amount="-0.01"),),
            ),
        ),
    ),
    RehearsalDrill(
        name="repeats",
        does="one product is bought again and again; then a rule of the gate is broken",
        fires=("repeated_entries", "selftest", "rule_failed"),
        phases=(
            DrillPhase(minutes=6, sets=("policy.throttle.entries_per_product=2",)),
            DrillPhase(minutes=2, has_broken_rule=True),
        ),
    ),
    RehearsalDrill(
        name="stablecoin",
        does="the stablecoin that pays is not worth a dollar any more, then has no price",
        fires=("stablecoin_off", "stablecoin_far", "stablecoin_price", "OTHER_WALLET"),
        phases=(
            DrillPhase(
                minutes=6,
                sets=(
                    "app.quote=USDC",
                    "app.paper.balances={USDC: 10000, USD: 500}",
                    "policy.stablecoin.off_seconds=60",
                ),
                faults=(
                    fault("depeg", "60s", for_="120s", price="0.87"),
                    fault("http_500", "200s", for_="60s", endpoint="quotes"),
                ),
            ),
        ),
    ),
)
"""Drills of starts on an account that is not as it should be."""
