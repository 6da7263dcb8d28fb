"""Who hears what, who starts when. The flow of the system is this table.

feed → strategies → allocator → risk_gate → order_manager → venue; the others listen.
`strategy.*` stands for every strategy actor.
"""

from __future__ import annotations

from domain.messages.control import (
    AlertRaised,
    DiscrepancyFound,
    KillSeen,
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    StopRequested,
    SweepFinished,
    SweepRequested,
)
from domain.messages.decisions import (
    CycleDue,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    RoundJudged,
    RoundProposed,
)
from domain.messages.journal import RunStopped
from domain.messages.market import BarClosed, FeedRecovered, FeedStalled, HistoryLoaded, QuoteMoved
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LossesMeasured,
    LotsListed,
    PortfolioMoved,
    StatementTaken,
)
from domain.messages.supervision import (
    ActorDown,
    ActorProven,
    ActorRestarted,
    BootCompleted,
    BreakerReset,
    BreakerTripped,
    DrillStarted,
    GapSeen,
    ProductsChanged,
    TradingReady,
)

FEED = "feed"
STRATEGY = "strategy."
ALLOCATOR = "allocator"
RISK_GATE = "risk_gate"
ORDER_MANAGER = "order_manager"
CANCELLER = "canceller"
PORTFOLIO = "portfolio"
EXITS = "exits"
AUDITOR = "auditor"
RECONCILER = "reconciler"
DROP_COPY = "drop_copy"
SCHEDULER = "scheduler"
SUPERVISOR = "supervisor"
KILL_SWITCH = "kill_switch"
OPERATOR = "operator"
ALERTS = "alerts"
PROJECTOR = "projector"

START_ORDER = (
    AUDITOR,
    ALERTS,
    PROJECTOR,
    SUPERVISOR,
    KILL_SWITCH,
    CANCELLER,
    ORDER_MANAGER,
    PORTFOLIO,
    RISK_GATE,
    EXITS,
    ALLOCATOR,
    STRATEGY,
    FEED,
    SCHEDULER,
    DROP_COPY,
    OPERATOR,
    RECONCILER,
)
"""Receivers before senders; stopped in reverse."""

_KEEPERS = (AUDITOR, PROJECTOR)

ROUTES: dict[type, tuple[str, ...]] = {
    # market
    # The exits come first: what they do about a price is what cannot wait.
    QuoteMoved: (EXITS, RISK_GATE, PORTFOLIO, ALLOCATOR, PROJECTOR),
    BarClosed: (ALLOCATOR, RISK_GATE),
    HistoryLoaded: (ALLOCATOR, RISK_GATE),
    FeedStalled: (RISK_GATE, ALLOCATOR, PROJECTOR),
    FeedRecovered: (RISK_GATE, ALLOCATOR, PROJECTOR),
    # decisions
    CycleDue: (ALLOCATOR, PROJECTOR),
    RoundProposed: (RISK_GATE,),
    RoundJudged: (*_KEEPERS, PORTFOLIO, SCHEDULER),
    ExitProposed: (RISK_GATE, AUDITOR),
    OrderApproved: (AUDITOR, ORDER_MANAGER),
    ProposalRefused: (*_KEEPERS, EXITS),
    # orders
    IntentRaised: (AUDITOR, RISK_GATE, CANCELLER, DROP_COPY, EXITS, PROJECTOR),
    OrderAdvanced: (*_KEEPERS, RISK_GATE, EXITS, DROP_COPY),
    FillBooked: (*_KEEPERS, RISK_GATE, PORTFOLIO, DROP_COPY),
    WouldPlace: (*_KEEPERS, RISK_GATE),
    DiscrepancyFound: (*_KEEPERS, ALERTS),
    SweepRequested: (CANCELLER, AUDITOR),
    SweepFinished: (*_KEEPERS, RECONCILER, SUPERVISOR),
    # the books
    PortfolioMoved: (ALLOCATOR, EXITS, PROJECTOR),
    StatementTaken: (AUDITOR, PORTFOLIO, RISK_GATE, PROJECTOR),
    CashFlowSeen: (AUDITOR, PORTFOLIO, RISK_GATE),
    EquityMarked: _KEEPERS,
    LotsListed: (*_KEEPERS, ALERTS),
    # life of the system
    BootCompleted: (
        *_KEEPERS,
        SUPERVISOR,
        ORDER_MANAGER,
        PORTFOLIO,
        RISK_GATE,
        EXITS,
        ALLOCATOR,
        FEED,
        DROP_COPY,
    ),
    ProductsChanged: (PORTFOLIO, RISK_GATE),
    TradingReady: (SCHEDULER, RISK_GATE, PROJECTOR, SUPERVISOR),
    BreakerTripped: (*_KEEPERS, ALERTS, CANCELLER, ORDER_MANAGER),
    BreakerReset: (*_KEEPERS, SUPERVISOR),
    ActorDown: (*_KEEPERS, ALERTS, SUPERVISOR),
    ActorRestarted: (*_KEEPERS, FEED, PORTFOLIO, SUPERVISOR),
    ActorProven: (*_KEEPERS, SUPERVISOR),
    DrillStarted: _KEEPERS,
    GapSeen: (*_KEEPERS, FEED, ORDER_MANAGER, RECONCILER),
    LossesMeasured: (PROJECTOR,),
    AlertRaised: (ALERTS, AUDITOR),
    KillSeen: (AUDITOR, CANCELLER),
    StopRequested: (SCHEDULER, CANCELLER),
    OperatorActed: (AUDITOR,),
    ReconcileRequested: (RECONCILER,),
    ReconcileFinished: (*_KEEPERS, OPERATOR, SUPERVISOR),
    RunStopped: (AUDITOR,),
}
