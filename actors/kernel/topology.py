"""Who hears what, who starts when. The flow of the system is this table.

feed → strategies → allocator → risk_gate → order_manager → venue; the others listen.
`strategy.*` stands for every strategy actor.
"""

from __future__ import annotations

from domain.messages import decisions as decide
from domain.messages import market, orders, system

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
    market.QuoteMoved: (EXITS, RISK_GATE, PORTFOLIO, ALLOCATOR, PROJECTOR),
    market.BarClosed: (ALLOCATOR, RISK_GATE),
    market.HistoryLoaded: (ALLOCATOR, RISK_GATE),
    market.FeedStalled: (RISK_GATE, ALLOCATOR, PROJECTOR),
    market.FeedRecovered: (RISK_GATE, ALLOCATOR, PROJECTOR),
    # decisions
    decide.CycleDue: (ALLOCATOR, PROJECTOR),
    decide.RoundProposed: (RISK_GATE,),
    decide.RoundJudged: (*_KEEPERS, PORTFOLIO, SCHEDULER),
    decide.ExitProposed: (RISK_GATE, AUDITOR),
    decide.OrderApproved: (AUDITOR, ORDER_MANAGER),
    decide.ProposalRefused: (*_KEEPERS, EXITS),
    # orders
    orders.IntentRaised: (AUDITOR, RISK_GATE, CANCELLER, DROP_COPY, EXITS, PROJECTOR),
    orders.OrderAdvanced: (*_KEEPERS, RISK_GATE, EXITS, DROP_COPY),
    orders.FillBooked: (*_KEEPERS, RISK_GATE, PORTFOLIO, DROP_COPY),
    orders.WouldPlace: (*_KEEPERS, RISK_GATE),
    orders.DiscrepancyFound: (*_KEEPERS, ALERTS),
    orders.SweepRequested: (CANCELLER, AUDITOR),
    orders.SweepFinished: (*_KEEPERS, RECONCILER, SUPERVISOR),
    # the books
    system.PortfolioMoved: (ALLOCATOR, EXITS, PROJECTOR),
    system.StatementTaken: (AUDITOR, PORTFOLIO, RISK_GATE, PROJECTOR),
    system.CashFlowSeen: (AUDITOR, PORTFOLIO, RISK_GATE),
    system.EquityMarked: _KEEPERS,
    system.LotsListed: (*_KEEPERS, ALERTS),
    # life of the system
    system.BootCompleted: (
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
    system.ProductsChanged: (PORTFOLIO, RISK_GATE),
    system.TradingReady: (SCHEDULER, RISK_GATE, PROJECTOR, SUPERVISOR),
    system.BreakerTripped: (*_KEEPERS, ALERTS, CANCELLER, ORDER_MANAGER),
    system.BreakerReset: (*_KEEPERS, SUPERVISOR),
    system.ActorDown: (*_KEEPERS, ALERTS, SUPERVISOR),
    system.ActorRestarted: (*_KEEPERS, FEED, PORTFOLIO, SUPERVISOR),
    system.ActorProven: (*_KEEPERS, SUPERVISOR),
    system.DrillStarted: _KEEPERS,
    system.GapSeen: (*_KEEPERS, FEED, ORDER_MANAGER, RECONCILER),
    system.LossesMeasured: (PROJECTOR,),
    system.AlertRaised: (ALERTS, AUDITOR),
    system.KillSeen: (AUDITOR, CANCELLER),
    system.StopRequested: (SCHEDULER, CANCELLER),
    system.OperatorActed: (AUDITOR,),
    system.ReconcileRequested: (RECONCILER,),
    system.ReconcileFinished: (*_KEEPERS, OPERATOR, SUPERVISOR),
    system.RunStopped: (AUDITOR,),
}
