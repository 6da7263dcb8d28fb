"""The newest of what others measure and judge, and how the status shows it."""

from __future__ import annotations

from actors.reporting import rows
from actors.reporting.universe_rows import regime_row, universe_row
from domain.messages.portfolio import CapsMeasured, EquityMarked, LossesMeasured
from domain.messages.supervision import ClockChecked
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.instants import Nanos
from domain.model.regime import RegimeReading

Measure = (
    EquityMarked | LossesMeasured | CapsMeasured | UniverseJudged | RegimeJudged | ClockChecked
)


class Measures:
    """Keeps one of each kind; of equity the last that was known."""

    def __init__(self) -> None:
        self.losses: LossesMeasured | None = None
        self._caps: CapsMeasured | None = None
        self._universe: UniverseJudged | None = None
        self._regime: RegimeJudged | None = None
        self._clock: ClockChecked | None = None
        self._clock_ns = 0
        self._known: EquityMarked | None = None

    def take(self, news: Measure, at_ns: Nanos) -> None:
        """Keep it; it was told at that market time."""
        match news:
            case EquityMarked(nlv=nlv):
                self._known = self._known if nlv is None else news
            case LossesMeasured():
                self.losses = news
            case CapsMeasured():
                self._caps = news
            case UniverseJudged():
                self._universe = news
            case RegimeJudged():
                self._regime = news
            case ClockChecked():
                self._clock, self._clock_ns = news, at_ns

    @property
    def regime(self) -> RegimeReading | None:
        """Return what the whole market counts as, None before it was judged."""
        return None if self._regime is None else self._regime.reading

    def last_known_row(self) -> rows.Row:
        """Return equity and profit of the last cycle at which they were known."""
        return {**rows.last_known_row(self._known)}

    def limit_rows(self) -> list[rows.Row]:
        """Return how far each limit is used."""
        return [*rows.loss_rows(self.losses), *rows.cap_rows(self._caps)]

    def universe_row(self) -> rows.Row | None:
        """Return which products may be bought."""
        return universe_row(self._universe)

    def regime_row(self) -> rows.Row | None:
        """Return the state of the market."""
        return regime_row(self._regime)

    def clock_row(self) -> rows.Row | None:
        """Return how far this machine's clock is off."""
        return rows.clock_row(self._clock, self._clock_ns)
