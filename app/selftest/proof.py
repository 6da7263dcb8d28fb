"""The self-test: every guard is tried by what it must refuse, and by what it must let pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import frozen

from app.selftest.cap_challenges import cap_challenges
from app.selftest.challenge import Challenge, NotReached
from app.selftest.loss_challenges import loss_challenges
from app.selftest.pace_challenges import pace_challenges
from app.selftest.stage import SelfTestStage
from app.selftest.state_challenges import state_challenges
from app.selftest.wall_challenges import GATEWAY, wall_challenges
from config.effective import Config
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import Nanos
from domain.model.wording import counted
from domain.risk.rule import EntryRule

SELFTEST = "selftest"
"""Name of the breaker while a guard is not proven."""
UNTRIED = "nothing tries it: no challenge names this rule"


@frozen
class Guard:
    """One guard: how many challenges have tried it, and what is wrong with it; "": nothing."""

    name: str
    challenges: int
    flaw: str = ""

    @property
    def is_proven(self) -> bool:
        """Tell whether it has refused what it must, and nothing else."""
        return not self.flaw


@frozen
class Proof:
    """Every guard, the rules in their order first.

    `untried` are guards that no proposal reaches under this configuration, as something stricter
    comes before, and rules of the user's own without a challenge: they count neither way.
    """

    guards: tuple[Guard, ...]
    untried: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Guard, ...]:
        """Return the guards that are not proven."""
        return tuple(each for each in self.guards if not each.is_proven)

    @property
    def counts(self) -> str:
        """Return how many are proven of how many, like "31/31"."""
        return f"{len(self.guards) - len(self.failed)}/{len(self.guards)}"

    @property
    def summary(self) -> str:
        """Return the outcome in a line for people."""
        return f"{self.counts} guards proven"

    @property
    def breaker(self) -> Breaker | None:
        """Return what blocks entries because of it, None where every guard is proven."""
        if not self.failed:
            return None
        return Breaker(
            name=SELFTEST,
            scope=GLOBAL,
            effect=Effect.BLOCK,
            reason=f"the self-test found a guard that does not hold: {self.reason}",
            is_latched=False,
            at_ns=Nanos(0),
        )

    @property
    def reason(self) -> str:
        """Return which guards are not proven, and by what; "" if all are."""
        return "; ".join(f"{each.name}: {each.flaw}" for each in self.failed)


def challenges(config: Config) -> Iterator[Challenge]:
    """Yield every challenge under this configuration."""
    yield from state_challenges(config)
    yield from pace_challenges(config)
    yield from cap_challenges(config)
    yield from loss_challenges(config)
    yield from wall_challenges(config)


def prove(config: Config, *, is_short: bool = False) -> Proof:
    """Return what comes of trying every guard under `config`.

    The short form, that of a start, leaves out what guards must let pass.
    """
    tally = _Tally(config.policy.rules)
    stage = SelfTestStage()
    try:
        for challenge in challenges(config):
            if not (is_short and challenge.is_inside):
                tally.take(challenge, stage)
    except Exception as error:  # noqa: BLE001 - what can't be tried is not proven, whatever it is
        tally.flaws.setdefault(SELFTEST, []).append(f"it broke off: {type(error).__name__}")
        tally.counts[SELFTEST] += 1
    finally:
        left = stage.close()
    if left:
        tally.flaws.setdefault(GATEWAY, []).append(f"{counted(left, 'request')} left")
    return tally.proof


class _Tally:
    """What came of the challenges so far, by guard."""

    def __init__(self, rules: Iterable[EntryRule]) -> None:
        self.flaws: dict[str, list[str]] = {}
        self.counts: Counter[str] = Counter()
        self._untried: dict[str, None] = {}
        for rule in rules:
            if rule.DEMANDED_BY:
                self.flaws[rule.CODE] = []
            else:
                self._untried[rule.CODE] = None  # one of the user's own needs no challenge

    def take(self, challenge: Challenge, stage: SelfTestStage) -> None:
        """Play a challenge and judge what came of it."""
        flaws = self.flaws.setdefault(challenge.guard, [])
        try:
            flaw = challenge.flaw(stage.play(challenge.scene, challenge.said, challenge.walls))
        except NotReached:
            self._untried[challenge.guard] = None
            return
        self.counts[challenge.guard] += 1
        if flaw is not None:
            flaws.append(flaw)

    @property
    def proof(self) -> Proof:
        """Return all of it; what is only untried counts neither way."""
        lost = [name for name in self._untried if not self.counts[name]]
        guards = (
            Guard(name, self.counts[name], _flaw(flaws, self.counts[name]))
            for name, flaws in self.flaws.items()
            if name not in lost
        )
        return Proof(tuple(guards), tuple(lost))


def _flaw(flaws: list[str], challenges: int) -> str:
    if not challenges:
        return UNTRIED
    more = f" (and {counted(len(flaws) - 1, 'challenge')} more)" if len(flaws) > 1 else ""
    return flaws[0] + more if flaws else ""
