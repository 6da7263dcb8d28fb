"""Which strategies are tortured with, alone and together, and on which kind of time."""

from __future__ import annotations

from types import MappingProxyType

from attrs import evolve, frozen

from app.torture.hogs import BlockedThread, MemoryEater, SlowThinker
from app.torture.honest import HONEST, Honest
from app.torture.hostile import (
    ClockAbuser,
    Crasher,
    FlipFlopper,
    Hostile,
    Liar,
    Mutator,
    Numbers,
    Spammer,
)
from config.effective import Config
from config.strategies import StrategySpec

ALL = "all"
HOSTILE: dict[str, type[Hostile]] = {
    "spammer": Spammer,
    "numbers": Numbers,
    "flipflopper": FlipFlopper,
    "slow": SlowThinker,
    "crasher": Crasher,
    "blocked": BlockedThread,
    "eater": MemoryEater,
    "clock": ClockAbuser,
    "liar": Liar,
    "mutator": Mutator,
}
ON_THREADS = frozenset({"slow", "blocked", "eater", ALL})
"""Virtual time stands still while a strategy thinks: these run on threads, at 60 times speed."""

LENGTHS = {False: (24, 18), True: (18, 12)}
"""Minutes that are traded, and those before the fall, by whether time is real."""


@frozen(kw_only=True)
class Case:
    """One run: whom it is about, its market, and how many minutes of it are traded."""

    name: str
    seed: int
    minutes: int
    falls_after: int

    @property
    def is_on_threads(self) -> bool:
        """Tell whether it runs in real time, faster than the market's."""
        return self.name in ON_THREADS

    @property
    def names(self) -> tuple[str, ...]:
        """The hostile strategies that take part."""
        return tuple(HOSTILE) if self.name == ALL else (self.name,)

    @property
    def does(self) -> str:
        """What they do, for people."""
        if self.name == ALL:
            return "all ten of them at once"
        return HOSTILE[self.name].DOES

    def config(self, config: Config) -> Config:
        """Return `config` with the hostile strategies and the honest one, and nobody else.

        They get the widest budgets that there are: what holds them up is not their own entry.
        """
        specs = {name: _widest(name, HOSTILE[name](id=name)) for name in self.names}
        specs[HONEST] = _widest(HONEST, Honest(id=HONEST))
        return evolve(config, strategies=MappingProxyType(specs))


def _widest(name: str, strategy: Hostile | Honest) -> StrategySpec:
    return StrategySpec(
        use=name,
        enabled=True,
        max_trades_per_cycle=20,
        max_triggers_per_cycle=100,
        pyramids=True,
        strategy=strategy,
    )


def cases(names: tuple[str, ...], seed: int) -> tuple[Case, ...]:
    """Return the cases of `names` in the order in which they are told; none: all of them."""
    return tuple(a_case(name, seed) for name in names or (*HOSTILE, ALL))


def a_case(name: str, seed: int) -> Case:
    """Return the case of `name`: shorter where its time is real."""
    minutes, falls_after = LENGTHS[name in ON_THREADS]
    return Case(name=name, seed=seed, minutes=minutes, falls_after=falls_after)
