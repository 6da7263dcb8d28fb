"""What people are told at READY: what trades, with what, within which limits, and what to type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.command_line.options import TradeOptions, shown
from app.configuration.losses import told_worst
from app.configuration.sizes import told_shortfall
from app.run import settings
from app.run.ports import VenueFacts
from config.effective import Config
from config.mode import Mode
from config.sanity import stops_of
from domain.messages.supervision import BootCompleted
from domain.model import figures
from domain.model.breakers import Breaker
from domain.model.instants import SECOND
from domain.model.money import Amount, plain
from domain.model.product import Action
from domain.risk.feasibility import USUAL_MINIMUM, obstacle
from domain.system.ways_out import KILL, REPORT, STATUS, way_out

WIDTH, LABEL = 78, 11
Status = Mapping[str, object]
PRICES = {
    "invented": "invented prices",
    "recorded": "recorded prices",
    "live": "the live prices of Coinbase",
}
HUNDRED = Decimal(100)


def obstacles(config: Config, boot: BootCompleted, status: Status) -> str | None:
    """Return why nothing, or too little, can be bought with what the account has, else None."""
    equity = status.get("equity")
    if not isinstance(equity, str):
        return None  # a value that is not known blocks entries, and is told there
    found = obstacle(
        Amount(Decimal(equity)),
        config.app.quote.value,
        min((each.quote_min for each in boot.products), default=USUAL_MINIMUM),
        boot.taker_rate,
        stops_of(config.strategies),
        config.policy.rules,
    )
    return found or told_shortfall(config, boot, status)


def opening(
    options: TradeOptions,
    facts: VenueFacts,
    boot: BootCompleted,
    status: Status,
    blocking: Iterable[Breaker],
) -> tuple[str, ...]:
    """Return the block of lines for people, each within 78 columns unless a name is longer."""
    rows = [*_account(options, status), *_rules(options.config, boot)]
    equity = _number(status.get("equity"))
    if equity is not None and equity > 0:
        rows.append(("at worst", told_worst(options.config, Amount(equity), boot.taker_rate)))
    rows += [("blocked", text) for text in _blocked(blocking)]
    rows += _commands(options)
    lines, address = [_headline(options, facts, status)], options.folders.address
    for label, text in rows:
        lines += _row(label, address.put(text))
    return tuple(lines)


def _headline(options: TradeOptions, facts: VenueFacts, status: Status) -> str:
    mode = "Dry run" if options.mode is Mode.DRY_RUN else f"{options.mode.value.title()} trading"
    market = str(status.get("market_time", ""))[:16].replace("T", " ")
    prices = PRICES.get(facts.prices, f"{facts.prices} prices")
    return f"{mode}, {facts.venue} venue, {prices}; market time {market} UTC"


def _account(options: TradeOptions, status: Status) -> Iterator[tuple[str, str]]:
    currency = options.config.app.quote.value
    equity, earned = (_number(status.get(name)) for name in ("equity", "pnl_net"))
    told = f"{figures.money(equity)} {currency}"
    if earned:
        told += f", {figures.signed(earned)} since the account was opened"
    yield "equity", told
    for held in positions_of(status):
        yield (
            "holds",
            f"{figures.size(Decimal(held['quantity']))} {held['product']}, "
            f"cost {figures.money(_number(held.get('cost')))}; "
            f"stop {figures.price(_number(held.get('stop')))}, "
            f"target {figures.price(_number(held.get('target')))}",
        )
    if positions_of(status):
        is_on = options.config.policy.exits.venue_stops
        also = "; at its stop also by an order at the venue" if is_on else ""
        yield "protected", f"by this process, which sells at stop or target, while it runs{also}"


def _rules(config: Config, boot: BootCompleted) -> Iterator[tuple[str, str]]:
    policy = config.policy

    def pct(name: str) -> str:
        return f"{plain(policy.value(name))} %"

    yield "profile", policy.profile.value
    names = [strategy.id for strategy in settings.strategies_of(config)]
    yield "strategies", ", ".join(names) or "none"
    products = sorted(each.base for each in boot.products if each.flags.allows(Action.REST))
    yield "products", f"{len(products)}: {', '.join(products)}" if products else "none"
    yield (
        "limits",
        f"of equity: {pct('caps.position_pct')} a position, {pct('caps.asset_pct')} an asset, "
        f"{pct('caps.total_pct')} in all",
    )
    yield (
        "halts at",
        f"a loss of {pct('stops.daily_pct')} in a day, {pct('stops.weekly_pct')} in a week, "
        f"{pct('stops.drawdown_pct')} from the peak",
    )
    cost = (boot.maker_rate + boot.taker_rate) * HUNDRED
    yield "costs", f"{figures.percent(cost)} fees for buying and selling once"
    seconds = settings.schedule_of(config, None).interval_ns // SECOND
    yield "decides", f"every {seconds} s; stops and targets are watched all the time"


def _blocked(blocking: Iterable[Breaker]) -> Iterator[str]:
    for each in blocking:
        yield f"no entries: {each.reason} ({each.name}, since {figures.moment(each.at_ns)})"
        yield f"type: {way_out(each.name).command}"


def _commands(options: TradeOptions) -> Iterator[tuple[str, str]]:
    yield "to stop", "Ctrl-C: cancels resting orders, keeps what is owned"
    yield "at once", KILL
    yield "look", STATUS
    yield "results", REPORT
    yield "logs in", shown(options.folders.log)


def _row(label: str, text: str) -> Iterator[str]:
    """Yield a row in lines that keep words whole; one with a command is one line, to be copied."""
    line = f"  {label:<{LABEL}}"
    indent = len(line)
    for word in (text,) if "python run.py" in text else text.split(" "):
        if len(line) + len(word) > WIDTH and len(line) > indent:
            yield line.rstrip()
            line = " " * indent
        line += word + " "
    yield line.rstrip()


def positions_of(status: Status) -> list[Mapping[str, Any]]:
    """Return the rows of what is owned."""
    found = status.get("positions")
    return found if isinstance(found, list) else []


def _number(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, str) else None
