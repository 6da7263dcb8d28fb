"""Every message that may stand in the journal, by its stable name."""

from __future__ import annotations

from domain.messages.control import (
    AlertRaised,
    DiscrepancyFound,
    KillSeen,
    OperatorActed,
    ReconcileFinished,
    SweepFinished,
    SweepRequested,
)
from domain.messages.conversion import ConversionIntended, ConversionSettled
from domain.messages.decisions import (
    ExitHindered,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    ProtectionProposed,
    ProtectionWithdrawn,
    RestProposed,
    RoundJudged,
    StopRaised,
)
from domain.messages.journal import (
    JournalCreated,
    JournalReopened,
    JournalRestored,
    RunStarted,
    RunStopped,
    SnapshotTaken,
    TailCut,
    TimesMeasured,
)
from domain.messages.orders import EntryDropped, FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LotAdopted,
    LotReleased,
    LotsListed,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import (
    ActorDown,
    ActorProven,
    ActorRestarted,
    BootCompleted,
    BreakerReset,
    BreakerTripped,
    ClockChecked,
    DrillStarted,
    GapSeen,
)
from domain.messages.universe import (
    AssetBanned,
    BanCleared,
    RegimeCleared,
    RegimeJudged,
    RegimeSet,
    StandingsChanged,
)

CATALOGUE: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        OrderApproved,
        ProposalRefused,
        RoundJudged,
        RestProposed,
        ExitProposed,
        ExitHindered,
        StopRaised,
        ProtectionProposed,
        ProtectionWithdrawn,
        IntentRaised,
        OrderAdvanced,
        FillBooked,
        DiscrepancyFound,
        WouldPlace,
        EntryDropped,
        SweepRequested,
        SweepFinished,
        BreakerTripped,
        BreakerReset,
        ActorDown,
        ActorRestarted,
        ActorProven,
        DrillStarted,
        GapSeen,
        ClockChecked,
        StandingsChanged,
        RegimeJudged,
        AssetBanned,
        BanCleared,
        RegimeSet,
        RegimeCleared,
        BootCompleted,
        StatementTaken,
        CashFlowSeen,
        LotsMissing,
        LotReleased,
        LotAdopted,
        ConversionIntended,
        ConversionSettled,
        EquityMarked,
        LotsListed,
        AlertRaised,
        KillSeen,
        OperatorActed,
        ReconcileFinished,
        RunStarted,
        RunStopped,
        JournalCreated,
        JournalReopened,
        JournalRestored,
        SnapshotTaken,
        TimesMeasured,
        TailCut,
    )
}
