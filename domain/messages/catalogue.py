"""Every message that may stand in the journal, by its stable name."""

from __future__ import annotations

from domain.messages import decisions, orders, system

CATALOGUE: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        decisions.OrderApproved,
        decisions.ProposalRefused,
        decisions.RoundJudged,
        decisions.ExitProposed,
        orders.IntentRaised,
        orders.OrderAdvanced,
        orders.FillBooked,
        orders.DiscrepancyFound,
        orders.WouldPlace,
        orders.SweepRequested,
        orders.SweepFinished,
        system.BreakerTripped,
        system.BreakerReset,
        system.ActorDown,
        system.ActorRestarted,
        system.ActorProven,
        system.DrillStarted,
        system.GapSeen,
        system.BootCompleted,
        system.StatementTaken,
        system.CashFlowSeen,
        system.EquityMarked,
        system.LotsListed,
        system.AlertRaised,
        system.KillSeen,
        system.OperatorActed,
        system.ReconcileFinished,
        system.RunStarted,
        system.RunStopped,
        system.JournalCreated,
        system.JournalReopened,
        system.TailCut,
    )
}
