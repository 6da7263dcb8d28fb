"""The drills of a rehearsal: runs of their own in virtual time, each for some rows of the matrix.

They decide by the rehearsed configuration, with an eager strategy and a looser pace, on an invented
market and an account of their own: what is rehearsed is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from actors.kernel.topology import EXITS, START_ORDER, STRATEGY
from app.command_line.options import Deed, DrillOrder
from app.rehearsal.deeds import HandCloses, HandOpens, HandWrites, PersonAsks, PersonKills
from app.rehearsal.eager import EAGER
from domain.model.breakers import GLOBAL, DrillKind, Effect
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.rehearsal.coverage import Row, RowKind

PACE = (
    "app.quote=USD",
    "app.paper.balances={USD: 10000}",
    "policy.cooldown.after_fill_seconds=10",
    "policy.cooldown.after_stop_seconds=60",
    "policy.pacing.spacing_seconds=1",
    "policy.pacing.product_spacing_seconds=1",
    "policy.pacing.trades_per_hour=60",
    "policy.pacing.trades_per_day=500",
    "policy.pacing.losses_in_a_row=20",
    "policy.pacing.loss_pause_minutes=5",
    "policy.caps.open_positions=50",
    "policy.cost.min_reward_ratio=3",
)
"""An account of dollars, and a pace as loose as the code allows: hours become minutes."""
BY_HAND = "by-hand"
STEP_NS, OPEN_NS = 8 * SECOND, 4 * SECOND


@frozen(kw_only=True)
class Phase:
    """One run of a drill, on the folder of the phase before: settings and faults of its own."""

    minutes: int
    sets: tuple[str, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()


@frozen(kw_only=True)
class Drill:
    """One drill. `does` says in words what is played; `leaves`: its strategy wants out again.

    `breaks` are actors and when each of them dies, `asks` what a person asks for and when.
    """

    name: str
    does: str
    phases: tuple[Phase, ...]
    leaves: bool = False
    breaks: tuple[tuple[int, str], ...] = ()
    asks: tuple[tuple[int, str, str], ...] = ()
    kills_at: int | None = None
    opens: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def orders(self) -> tuple[DrillOrder, ...]:
        """Return which actors are broken when."""
        return tuple(
            DrillOrder(DrillKind.CRASH, actor, Nanos(at_s * SECOND)) for at_s, actor in self.breaks
        )

    def deeds(self, home: Path, folder: Path) -> tuple[Deed, ...]:
        """Return what is done to the run in the world's `home` and the mode's `folder`."""
        found: list[Deed] = [
            PersonAsks(Nanos(at_s * SECOND), folder, verb, subject)
            for at_s, verb, subject in self.asks
        ]
        if self.kills_at is not None:
            found.append(PersonKills(Nanos(self.kills_at * SECOND), home))
        return (*found, *_by_hand(self.opens, self.writes))


def _by_hand(opens: Iterable[str], writes: Iterable[str]) -> Iterator[Deed]:
    at_ns = STEP_NS
    for name in opens:
        yield HandOpens(Nanos(at_ns), name, GLOBAL, Effect.BLOCK)
        yield HandCloses(Nanos(at_ns + OPEN_NS), name, GLOBAL)
        at_ns += STEP_NS
    for code in writes:
        yield HandWrites(Nanos(at_ns), code)
        at_ns += SECOND


def fault(kind: str, at: str, **members: Any) -> Mapping[str, Any]:
    """Return a line of a fault script; `for_` is its `for`."""
    return {"kind": kind, "at": at, **{key.rstrip("_"): value for key, value in members.items()}}


def drills() -> tuple[Drill, ...]:
    """Return every drill that plays a cause."""
    return (*_of_trading(), *_of_the_venue(), _of_actors())


def _of_trading() -> Iterator[Drill]:
    yield Drill(
        name="sales",
        does="prices jump through targets and stops, a person closes, pauses and liquidates",
        phases=(
            Phase(
                minutes=12,
                sets=("policy.exits.max_hold=6m",),
                faults=(
                    fault("price_jump", "170s", product="BTC-USD", percent=15),
                    fault("price_jump", "170s", product="ETH-USD", percent=-15),
                ),
            ),
        ),
        asks=(
            (200, "close", "LINK-USD"),
            (210, "pause", ""),
            (240, "unpause", ""),
            (520, "liquidate", ""),
        ),
    )
    yield Drill(
        name="leaving",
        does="a strategy wants out of what it has just bought",
        phases=(Phase(minutes=6),),
        leaves=True,
    )
    yield Drill(
        name="trims",
        does="the owner takes most of the money out, and what is owned is above its caps",
        phases=(
            Phase(
                minutes=7,
                sets=("policy.maintenance.enabled=true",),
                faults=(fault("balance_change", "250s", currency="USD", amount="-8000"),),
            ),
        ),
    )
    yield Drill(
        name="losses",
        does="prices fall through every limit on losses",
        phases=(
            Phase(
                minutes=6,
                sets=(
                    "policy.stops.daily_pct=0.1",
                    "policy.stops.weekly_pct=0.1",
                    "policy.stops.drawdown_pct=0.1",
                    "policy.max_daily_loss_usd=5",
                ),
                faults=(fault("price_jump", "200s", percent=-15),),
            ),
        ),
    )
    yield Drill(
        name="kill",
        does="a person puts the signal file there while entries rest",
        phases=(
            Phase(
                minutes=8,
                faults=(fault("price_jump", "62s", percent=2), fault("freeze_product", "60s")),
            ),
        ),
        kills_at=66,
    )
    yield Drill(
        name="working",
        does="the market leaves resting entries behind, and fills them in parts",
        phases=(
            Phase(
                minutes=6,
                faults=(
                    fault("partial_fills", "0s", for_="400s", share="0.4"),
                    *(fault("price_jump", f"{at}s", percent="0.2") for at in (61, 68, 75, 121)),
                ),
            ),
        ),
    )


def _of_the_venue() -> Iterator[Drill]:
    lists = ["orders", "fills", "accounts"]
    scripts: Sequence[tuple[str, str, tuple[Mapping[str, Any], ...]]] = (
        (
            "streams",
            "streams freeze, lose frames and are stamped ahead",
            (
                fault("freeze_stream", "30s", for_="40s"),
                fault("seq_gap", "100s"),
                fault("clock_skew", "160s", for_="20s", by="5s"),
                fault("disconnect", "220s"),
            ),
        ),
        (
            "lists",
            "lists can't be read, and requests are refused as too many",
            (
                fault("garbage_json", "30s", for_="120s", endpoint=[*lists, "candles"]),
                fault("http_429", "240s", for_="60s"),
            ),
        ),
        (
            "answers",
            "answers to orders are lost and the venue denies what it has",
            (fault("unanswered", "30s", for_="220s", probability=0.5),),
        ),
        (
            "rejections",
            "the venue rejects orders and stop orders",
            (
                fault("reject_order", "55s", for_="120s"),
                fault("product_flag", "55s", for_="200s", product="BTC-USD", flag="cancel_only"),
            ),
        ),
        (
            "balances",
            "coins and money go without an order",
            (
                fault("balance_change", "100s", currency="USD", amount="-100"),
                fault("balance_change", "200s", currency="ETH", amount="-0.005"),
            ),
        ),
        (
            "content",
            "the venue sends what can't be read",
            (
                fault(
                    "odd_content",
                    "30s",
                    for_="60s",
                    channel="l2_data",
                    member="updates.*.price_level",
                    value="0",
                ),
                fault("truncated_json", "120s", for_="60s", probability=0.5, endpoint=lists),
            ),
        ),
        (
            "delisting",
            "a product that is owned is taken from the market",
            (fault("delisting", "140s", product="BTC-USD"),),
        ),
    )
    for name, does, faults in scripts:
        yield Drill(name=name, does=does, phases=(Phase(minutes=6, faults=faults),))


def _of_actors() -> Drill:
    names = [EAGER if name == STRATEGY else name for name in START_ORDER]
    actors = [STRATEGY + name if name == EAGER else name for name in names]
    breaks = [(30 + 15 * number, actor) for number, actor in enumerate(actors)]
    last_s = breaks[-1][0]
    again = [(last_s + 30 * number, EXITS) for number in (1, 2)]
    return Drill(
        name="actors",
        does="every actor dies, one of them again and again",
        phases=(Phase(minutes=(last_s + 180) // 60),),
        breaks=(*breaks, *again),
    )


def by_hand(missing: Iterable[Row]) -> Drill | None:
    """Return the drill of what no other fires: breakers opened, and alerts written, by hand."""
    rows = tuple(missing)
    opens = tuple(row.name for row in rows if row.kind is RowKind.BREAKER)
    writes = tuple(row.name for row in rows if row.kind is RowKind.ALERT)
    if not opens and not writes:
        return None
    length_ns = (len(opens) + 2) * STEP_NS + len(writes) * SECOND + MINUTE
    return Drill(
        name=BY_HAND,
        does="breakers are opened, and alerts written, whose causes no other drill plays",
        phases=(Phase(minutes=int(length_ns // MINUTE) + 1),),
        opens=opens,
        writes=writes,
    )
