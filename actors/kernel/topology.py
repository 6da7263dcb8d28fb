"""The system as two tables: who there is, and who hears what.

feed → strategies → allocator → risk_gate → order_manager → venue; the others listen.
`ACTORS` has a row an actor, `ROUTES` a row a kind of message; pages of docs are printed from them.
"""

from __future__ import annotations

from functools import partial

from actors.kernel.own_rows import OF_ALLOCATOR, OF_CANCELLER, OF_FEED, OF_STRATEGY
from actors.kernel.policy import (
    CrashPolicy,
    Reentry,
    Source,
    blocking,
    budget,
    halting,
    telling,
)
from actors.kernel.routes import Lane, Route
from domain.messages import (
    control,
    conversion,
    decisions,
    journal,
    market,
    orders,
    portfolio,
    supervision,
    universe,
    venue,
)
from domain.model.breakers import VENUE
from domain.model.instants import SECOND, Nanos

FEED = "feed"
UNIVERSE = "universe"
STRATEGY = "strategy."
ALLOCATOR = "allocator"
RISK_GATE = "risk_gate"
ORDER_MANAGER = "order_manager"
CANCELLER = "canceller"
PORTFOLIO = "portfolio"
EXITS = "exits"
PROTECTOR = "protector"
ENTRIES = "entries"
AUDITOR = "auditor"
RECONCILER = "reconciler"
DROP_COPY = "drop_copy"
SCHEDULER = "scheduler"
SUPERVISOR = "supervisor"
KILL_SWITCH = "kill_switch"
OPERATOR = "operator"
ALERTS = "alerts"
PROJECTOR = "projector"
BAR_KEEPER = "bar_keeper"

THE_VENUE, GUARDIAN, BOARD = "venue", "guardian", "board"
"""Who speaks to actors without being one: an adapter, the main thread, the breaker board."""
OUTSIDE = "outside"
"""The sender on the envelopes of these."""
CORE = (ORDER_MANAGER, PORTFOLIO, RISK_GATE)
"""Folds of the same events: they are only ever rebuilt together."""

_CORE_ROW = halting(
    source=Source.JOURNAL,
    group=CORE,
    keeps_mail=False,
    rebuilt_from="journal, with all of the core",
    proof="a clean reconcile with the venue",
)

ACTORS: dict[str, CrashPolicy] = {
    AUDITOR: halting(
        source=Source.JOURNAL,
        group=(AUDITOR, *CORE),
        orders="entries cancelled by the venue's list; nothing leaves without a receipt",
        rebuilt_from="chain verified, new segment; not after a failed write",
        proof="a durable record and a clean reconcile",
    ),
    ALERTS: telling(
        block_after_ns=Nanos(60 * SECOND),
        rebuilt_from="nothing; what came meanwhile is delivered",
        proof="an alert was written; 60 s without one block entries",
    ),
    PROJECTOR: telling(
        source=Source.JOURNAL,
        rebuilt_from="counts and open orders in the journal",
        proof="a status was published",
    ),
    BAR_KEEPER: telling(
        rebuilt_from="nothing; the feed tells it the last minutes again",
        proof="a bar was kept",
    ),
    SUPERVISOR: halting(
        rebuilt_from="what the guardian finds down", proof="a clean reconcile with the venue"
    ),
    KILL_SWITCH: halting(
        reentry=Reentry.ONLY_OPERATOR,
        rebuilt_from="the signal file",
        proof="file absent for 10 s of looking, and a clean reconcile",
    ),
    CANCELLER: OF_CANCELLER,
    ORDER_MANAGER: _CORE_ROW,
    PORTFOLIO: _CORE_ROW,
    RISK_GATE: _CORE_ROW,
    EXITS: blocking(
        budget=budget(5, 10, 100, 4),
        rebuilt_from="lots of the portfolio and which were left, quotes of the feed",
        proof="every owned lot judged against a fresh quote",
    ),
    PROTECTOR: blocking(
        source=Source.JOURNAL,
        budget=budget(5, 10, 100, 4),
        rebuilt_from="our orders in the journal, lots of the portfolio",
        proof="every owned lot compared with its order at the venue",
    ),
    ENTRIES: telling(
        rebuilt_from="nothing; what rests is left as it is until its time is over",
        proof="a price was looked at",
    ),
    ALLOCATOR: OF_ALLOCATOR,
    STRATEGY: OF_STRATEGY,
    UNIVERSE: blocking(
        budget=budget(20, 10, 500, 30),
        source=Source.JOURNAL,
        rebuilt_from="bans and regime set in the journal; books and hours asked for anew",
        proof="a book was looked at, all products and the market judged",
    ),
    FEED: OF_FEED,
    SCHEDULER: halting(
        source=Source.JOURNAL,
        rebuilt_from="last cycle of the journal; missed cycles are skipped",
        proof="its timers fire, and a clean reconcile",
    ),
    DROP_COPY: blocking(
        scope=VENUE,
        budget=budget(10, 10, 250, 8),
        source=Source.JOURNAL,
        rebuilt_from="our orders and fills in the journal",
        proof="one comparison of all recent fills with ours, none missing",
    ),
    OPERATOR: blocking(
        source=Source.JOURNAL,
        budget=budget(5, 10, 250, 8),
        rebuilt_from="the control folder, conversions in the journal",
        proof="the control folder was read",
    ),
    RECONCILER: blocking(
        budget=budget(5, 10, 250, 8),
        rebuilt_from="nothing; the boot begins anew if it was not done",
        proof="a clean reconcile",
    ),
}
"""What each actor's death does, in the order of starting: receivers before senders; stopped in
reverse. `strategy.` stands for every strategy actor.
"""
START_ORDER = tuple(ACTORS)
UNKNOWN = halting(
    reentry=Reentry.ONLY_OPERATOR, keeps_mail=False, rebuilt_from="not at all", proof="none"
)
"""The row of an actor that has none."""
_ALL = ("*",)
_KEEPERS = (AUDITOR, PROJECTOR)
_DATA = (FEED, UNIVERSE)
_HOSTS = (STRATEGY + "*",)
_SELLERS = (EXITS, PROTECTOR)
"""Who has lots sold, and so follows their orders."""
_LISTERS = (CANCELLER, ORDER_MANAGER, RECONCILER, DROP_COPY)
_PRICED = (EXITS, RISK_GATE, ORDER_MANAGER, ALLOCATOR, PROJECTOR, ENTRIES)
"""Who acts otherwise while the price of a product is not known."""
_BUYERS = (RISK_GATE, ALLOCATOR, PROJECTOR)
"""Who has to know what may be bought, and in which state of the market."""
_BARS = Route(says=(FEED,), hears=(ALLOCATOR, RISK_GATE, BAR_KEEPER))
_JUDGED = Route(says=(FEED,), hears=_PRICED)
_TOLD = Route(says=(FEED,), hears=(PROJECTOR,))
_ANSWERED = Route(says=(THE_VENUE,), asker=(ORDER_MANAGER,))
_UNSENT = Route(says=(ORDER_MANAGER,), hears=(*_KEEPERS, RISK_GATE))
_ACCOUNT = Route(says=(THE_VENUE,), asker=(RECONCILER,))
_CONVERTED = Route(says=(THE_VENUE,), asker=(OPERATOR,))
_STREAMED = Route(says=(THE_VENUE,), asker=(FEED, ORDER_MANAGER))
_ORDERED = Route(says=(OPERATOR,), hears=(AUDITOR, UNIVERSE), is_durable=True)
_OF_A_LOT = Route(says=(OPERATOR,), one=(RECONCILER,), lane=Lane.CONTROL)
_BOOKED = Route(says=(RECONCILER,), hears=(*_KEEPERS, PORTFOLIO, RISK_GATE))
_newest = partial(Route, lane=Lane.MARKET, key=lambda _: None)
"""Of what waits only the newest counts."""
_urgent = partial(Route, lane=Lane.CONTROL, is_durable=True)

ROUTES: dict[type, Route] = {
    # market
    **dict.fromkeys((market.StreamOpened, market.StreamClosed), _STREAMED),
    market.MarketFrame: Route(says=(THE_VENUE,), asker=(FEED,)),
    market.QuoteMoved: Route(
        says=(FEED,),
        # The exits come first: what they do about a price is what cannot wait.
        hears=(EXITS, RISK_GATE, PORTFOLIO, ALLOCATOR, PROJECTOR, ENTRIES),
        lane=Lane.MARKET,
        key=lambda message: message.quote.product,
    ),
    market.BidMoved: Route(
        says=(FEED,),
        hears=(EXITS, RISK_GATE, PORTFOLIO, PROJECTOR),
        lane=Lane.MARKET,
        key=lambda message: message.product,
    ),
    **dict.fromkeys((market.BarClosed, market.HistoryLoaded), _BARS),
    **dict.fromkeys((market.PriceDoubted, market.TradesLate), _TOLD),
    **dict.fromkeys((market.FeedStalled, market.FeedRecovered), _JUDGED),
    # what may be bought
    universe.LiquidityMeasured: Route(says=(FEED,), hears=(UNIVERSE,)),
    universe.UniverseJudged: Route(says=(UNIVERSE,), hears=(*_BUYERS, BAR_KEEPER)),
    universe.StandingsChanged: Route(says=(UNIVERSE,), hears=(AUDITOR,)),
    universe.RegimeJudged: Route(says=(UNIVERSE,), hears=(AUDITOR, *_BUYERS)),
    **dict.fromkeys((universe.AssetBanned, universe.BanCleared), _ORDERED),
    **dict.fromkeys((universe.RegimeSet, universe.RegimeCleared), _ORDERED),
    # decisions
    decisions.CycleDue: Route(says=(SCHEDULER,), hears=(ALLOCATOR, PROJECTOR)),
    decisions.Decide: Route(says=(ALLOCATOR,), one=_HOSTS),
    decisions.Proposed: Route(says=_HOSTS, one=(ALLOCATOR,)),
    decisions.LeaveProposed: Route(says=_HOSTS, one=(EXITS,)),
    decisions.RoundProposed: Route(says=(ALLOCATOR,), hears=(RISK_GATE,)),
    decisions.RoundJudged: Route(says=(RISK_GATE,), hears=(*_KEEPERS, PORTFOLIO, SCHEDULER)),
    decisions.RestProposed: Route(says=(ENTRIES,), hears=(RISK_GATE, AUDITOR)),
    decisions.ExitProposed: Route(says=(EXITS,), hears=(RISK_GATE, AUDITOR, PORTFOLIO)),
    decisions.StopRaised: Route(says=(EXITS,), hears=(AUDITOR, PORTFOLIO, RISK_GATE)),
    decisions.ProtectionProposed: Route(says=(PROTECTOR,), hears=(RISK_GATE, AUDITOR)),
    decisions.ProtectionWithdrawn: Route(says=(PROTECTOR,), hears=(ORDER_MANAGER, AUDITOR)),
    decisions.OrderApproved: Route(says=(RISK_GATE,), hears=(AUDITOR, ORDER_MANAGER)),
    decisions.ProposalRefused: Route(says=(RISK_GATE,), hears=(*_KEEPERS, *_SELLERS, ENTRIES)),
    decisions.ExitHindered: Route(says=(EXITS,), hears=(*_KEEPERS, OPERATOR)),
    # orders
    orders.IntentRaised: Route(
        says=(ORDER_MANAGER,),
        hears=(AUDITOR, RISK_GATE, CANCELLER, DROP_COPY, *_SELLERS, PROJECTOR, ENTRIES),
        is_durable=True,
    ),
    orders.Receipt: Route(says=(AUDITOR,), one=(ORDER_MANAGER,)),
    orders.OrderAdvanced: Route(
        says=(ORDER_MANAGER,),
        hears=(*_KEEPERS, RISK_GATE, CANCELLER, *_SELLERS, DROP_COPY, FEED, ENTRIES),
    ),
    orders.CancelProposed: Route(says=(ENTRIES,), hears=(ORDER_MANAGER,)),
    orders.FillBooked: Route(
        says=(ORDER_MANAGER,), hears=(*_KEEPERS, RISK_GATE, PORTFOLIO, DROP_COPY, OPERATOR)
    ),
    **dict.fromkeys((orders.WouldPlace, orders.EntryDropped), _UNSENT),
    # what the venue answers
    **dict.fromkeys((venue.PlaceAnswered, venue.OrderPreviewed, venue.UserFrame), _ANSWERED),
    venue.CancelAnswered: Route(says=(THE_VENUE,), asker=(CANCELLER, ORDER_MANAGER)),
    venue.OrdersListed: Route(
        says=(THE_VENUE, RECONCILER, DROP_COPY), one=(ORDER_MANAGER,), asker=_LISTERS
    ),
    venue.FillsListed: Route(
        says=(THE_VENUE, RECONCILER, DROP_COPY),
        one=(ORDER_MANAGER,),
        asker=(ORDER_MANAGER, RECONCILER, DROP_COPY),
    ),
    **dict.fromkeys((venue.FeesRead, venue.PermissionsRead), _ACCOUNT),
    venue.AccountsListed: Route(says=(THE_VENUE,), asker=(RECONCILER, OPERATOR)),
    venue.ProductsListed: Route(says=(THE_VENUE,), asker=(RECONCILER, FEED, UNIVERSE)),
    # Counts grow: the newest says all, and no flood of odd entries can fill an inbox.
    venue.EntriesUnread: Route(
        says=(THE_VENUE,),
        hears=(PROJECTOR, ALERTS),
        lane=Lane.MARKET,
        key=lambda message: (message.kind, message.reason),
    ),
    venue.CandlesListed: Route(says=(THE_VENUE,), asker=(FEED, UNIVERSE)),
    venue.QuotesListed: Route(says=(THE_VENUE,), asker=(FEED, EXITS, UNIVERSE)),
    # money between the wallets that pay
    conversion.ConversionIntended: Route(says=(OPERATOR,), hears=(AUDITOR,), is_durable=True),
    conversion.ConversionSettled: Route(says=(OPERATOR,), hears=(AUDITOR,), is_durable=True),
    **dict.fromkeys((conversion.ConversionQuoted, conversion.ConversionAnswered), _CONVERTED),
    conversion.ConversionShown: _CONVERTED,
    # the books
    portfolio.PortfolioMoved: _newest(says=(PORTFOLIO,), hears=(ALLOCATOR, *_SELLERS, PROJECTOR)),
    portfolio.LossesMeasured: _newest(says=(PORTFOLIO,), hears=(PROJECTOR,)),
    portfolio.CapsMeasured: _newest(says=(RISK_GATE,), hears=(PROJECTOR,)),
    portfolio.StatementTaken: Route(
        says=(RECONCILER,), hears=(AUDITOR, PORTFOLIO, RISK_GATE, PROJECTOR)
    ),
    **dict.fromkeys((portfolio.CashFlowSeen, portfolio.LotsMissing), _BOOKED),
    **dict.fromkeys((portfolio.LotReleased, portfolio.LotAdopted), _BOOKED),
    portfolio.EquityMarked: Route(says=(PORTFOLIO,), hears=_KEEPERS),
    portfolio.LotsListed: Route(says=(GUARDIAN,), hears=(*_KEEPERS, ALERTS)),
    portfolio.LedgerReported: Route(says=(PORTFOLIO, RISK_GATE), asker=(RECONCILER, OPERATOR)),
    # safety
    control.SweepRequested: Route(says=(SUPERVISOR, RECONCILER), hears=(CANCELLER, AUDITOR)),
    control.SweepFinished: Route(
        says=(CANCELLER,), hears=(*_KEEPERS, RECONCILER, SUPERVISOR, GUARDIAN)
    ),
    control.DiscrepancyFound: Route(
        says=(CANCELLER, RECONCILER, DROP_COPY), hears=(*_KEEPERS, ALERTS)
    ),
    control.ReconcileRequested: Route(
        says=(SUPERVISOR, OPERATOR, GUARDIAN), hears=(RECONCILER,), lane=Lane.CONTROL
    ),
    control.ReconcileFinished: Route(
        says=(RECONCILER,), hears=(*_KEEPERS, OPERATOR, SUPERVISOR, GUARDIAN)
    ),
    **dict.fromkeys((control.ReleaseRequested, control.AdoptRequested), _OF_A_LOT),
    control.CloseOrdered: Route(says=(OPERATOR,), one=(EXITS,), lane=Lane.CONTROL),
    control.ReleaseAnswered: Route(says=(RECONCILER,), one=(OPERATOR,)),
    control.SyncRequested: Route(
        says=(RECONCILER, SUPERVISOR, OPERATOR),
        one=(AUDITOR, ORDER_MANAGER, PORTFOLIO, RISK_GATE),
    ),
    control.SettleRequested: Route(says=(OPERATOR,), one=(ORDER_MANAGER,)),
    control.Settled: Route(says=(ORDER_MANAGER,), hears=(OPERATOR,)),
    control.Synced: Route(says=(AUDITOR, ORDER_MANAGER), asker=(RECONCILER, SUPERVISOR, OPERATOR)),
    control.AlertRaised: Route(
        says=(SUPERVISOR, ORDER_MANAGER, FEED, *_SELLERS, ALERTS, RECONCILER, OPERATOR, GUARDIAN),
        hears=(ALERTS, AUDITOR),
    ),
    control.KillSeen: Route(
        says=(KILL_SWITCH,), hears=(AUDITOR, CANCELLER), lane=Lane.CONTROL, is_durable=True
    ),
    control.StopRequested: Route(says=(GUARDIAN,), hears=(SCHEDULER, CANCELLER), lane=Lane.CONTROL),
    control.OperatorActed: Route(
        says=(OPERATOR, SUPERVISOR), hears=(AUDITOR,), lane=Lane.CONTROL, is_durable=True
    ),
    # life of the system
    supervision.BootCompleted: Route(
        says=(RECONCILER, SUPERVISOR),
        hears=(*_KEEPERS, SUPERVISOR, *CORE, *_SELLERS, ALLOCATOR, *_DATA, DROP_COPY, GUARDIAN),
    ),
    supervision.ProductsChanged: Route(
        says=(RECONCILER, FEED), hears=(PORTFOLIO, RISK_GATE, *_SELLERS, UNIVERSE, PROJECTOR)
    ),
    supervision.TradingReady: Route(
        says=(FEED, SUPERVISOR), hears=(SCHEDULER, RISK_GATE, PROJECTOR, SUPERVISOR, GUARDIAN)
    ),
    supervision.BreakerTripped: _urgent(
        says=(BOARD,), hears=(*_KEEPERS, ALERTS, CANCELLER, ORDER_MANAGER, ENTRIES)
    ),
    supervision.BreakerReset: _urgent(
        says=(BOARD,), hears=(*_KEEPERS, ALERTS, SUPERVISOR, PORTFOLIO)
    ),
    supervision.ActorDown: Route(
        says=(*_ALL, GUARDIAN),
        hears=(*_KEEPERS, ALERTS, SUPERVISOR),
        lane=Lane.CONTROL,
        is_durable=True,
    ),
    supervision.ActorRestarted: Route(says=_ALL, hears=(*_KEEPERS, *_DATA, PORTFOLIO, SUPERVISOR)),
    supervision.ActorProven: Route(says=_ALL, hears=(*_KEEPERS, SUPERVISOR)),
    supervision.RebuildFinished: Route(says=(GUARDIAN,), asker=(SUPERVISOR,)),
    supervision.ReviveRequested: Route(says=(OPERATOR,), one=(SUPERVISOR,), lane=Lane.CONTROL),
    supervision.Revived: Route(says=(SUPERVISOR,), one=(OPERATOR,)),
    supervision.DrillStarted: Route(
        says=(GUARDIAN,), hears=_KEEPERS, lane=Lane.CONTROL, is_durable=True
    ),
    supervision.Drill: Route(says=(GUARDIAN,), one=_ALL, lane=Lane.CONTROL),
    supervision.GapSeen: Route(
        says=(GUARDIAN,),
        hears=(*_KEEPERS, FEED, ORDER_MANAGER, RECONCILER),
        lane=Lane.CONTROL,
        is_durable=True,
    ),
    supervision.ClockChecked: Route(says=(GUARDIAN,), hears=_KEEPERS),
    journal.SnapshotTaken: Route(says=(GUARDIAN,), hears=(AUDITOR,)),
    journal.TimesMeasured: Route(says=(PROJECTOR,), hears=(AUDITOR,)),
    journal.RunStopped: Route(says=(GUARDIAN,), hears=(AUDITOR,), is_durable=True),
    # In the lane of market data: it waits behind the view of the portfolio that belongs to it.
    control.StatusRequested: Route(
        says=(GUARDIAN,), hears=(PROJECTOR,), lane=Lane.MARKET, key=lambda _: None
    ),
    control.StatusPublished: Route(says=(PROJECTOR,), hears=(GUARDIAN,)),
}
