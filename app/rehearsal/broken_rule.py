"""A rule of the risk gate that fails whenever it is asked: what a bug in a guard comes to."""

from __future__ import annotations

from typing import ClassVar

from attrs import evolve, frozen

from config.effective import Config
from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class BrokenRule(EntryRule):
    """Answers for a requirement, and never answers."""

    CODE: ClassVar[Reason] = Reason("broken_in_a_drill")
    ORDER: ClassVar[int] = 10_000
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("RH1",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Fail.

        Raises:
            ArithmeticError: always.
        """
        raise ArithmeticError(f"a drill: {self.CODE} can't judge {wanted.product} at {view.at_ns}")


def with_broken_rule(config: Config) -> Config:
    """Return `config` with this rule behind all others; it lets nothing pass that they refuse."""
    rules = (*config.policy.rules, BrokenRule())
    return evolve(config, policy=evolve(config.policy, rules=rules))
