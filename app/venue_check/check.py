"""The whole check: what everybody may ask, what the key may, and one order if that was wished."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from attrs import frozen

from app.venue_check.account_steps import AccountSteps, left_out
from app.venue_check.order_steps import A_CANCEL, A_RESTING, CANCELLED, ORDER, OrderSteps
from app.venue_check.public_steps import UNREACHED, PublicSteps
from app.venue_check.questions import HarmlessSender, Surroundings, VenueQuestions
from domain.model.errors import TradingError
from domain.system.venue_check import KEY_CHECK, CheckedStep, StepResult, refused, skipped

Lock = Callable[[str], Callable[[], None]]
"""Takes the account of a portfolio, and returns what gives it back; raises `TradingError`."""
NOT_NOW = "every step above well, and nothing that forbids orders"


@frozen(kw_only=True)
class CheckPlan:
    """What the check is to look for.

    `key` is what was found of the key; `sender` is the way to send one order, None if that was not
    wished; `forbidden` asks what forbids an order now, None for
    nothing; `lock` keeps traders of the account away while there is one.
    """

    rest: str
    quote_currency: str
    limit_ns: int
    portfolio: str | None
    key: tuple[CheckedStep, ...]
    sender: HarmlessSender | None
    forbidden: Callable[[], str | None]
    lock: Lock


def findings(
    venue: VenueQuestions, around: Surroundings, plan: CheckPlan
) -> Generator[CheckedStep, None, None]:
    """Yield every step as soon as it is known how it went."""
    public = PublicSteps(
        venue,
        around,
        rest=plan.rest,
        quote_currency=plan.quote_currency,
        limit_ns=plan.limit_ns,
    )
    yield from public.run()
    yield from plan.key
    account = AccountSteps(
        venue, around, quote_currency=plan.quote_currency, portfolio=plan.portfolio
    )
    if not public.is_reached or not _may_sign(plan):
        yield from left_out("it needs a key" if public.is_reached else UNREACHED)
    else:
        yield from account.run(public.product)
    if plan.sender is not None:
        hindered = _hindrance(public, account, plan)
        yield from hindered or _ordered(plan.sender, around, account, plan)


def _may_sign(plan: CheckPlan) -> bool:
    no_key = (StepResult.SKIPPED, StepResult.REFUSED)
    return bool(plan.key) and all(each.verdict not in no_key for each in plan.key)


def _hindrance(
    public: PublicSteps, account: AccountSteps, plan: CheckPlan
) -> tuple[CheckedStep, ...]:
    """Return why no order is sent; nothing: one may be."""
    none = skipped(CANCELLED, A_CANCEL, "there is no order")
    forbidden = plan.forbidden()
    if forbidden is not None:
        return refused(ORDER, NOT_NOW, forbidden, "python run.py status"), none
    if not _may_sign(plan):
        return refused(ORDER, NOT_NOW, "there is no key to sign it", KEY_CHECK), none
    is_well = public.is_on_time and account.is_well and all(each.is_well for each in plan.key)
    if not is_well or account.intent is None:
        return skipped(ORDER, NOT_NOW, "not sent: a step above is not well"), none
    return ()


def _ordered(
    venue: HarmlessSender, around: Surroundings, account: AccountSteps, plan: CheckPlan
) -> Iterator[CheckedStep]:
    assert account.intent is not None, "an order that the venue was not asked about"
    try:
        release = plan.lock(account.portfolio)
    except TradingError as error:
        yield refused(ORDER, A_RESTING, str(error), "python run.py status")
        yield skipped(CANCELLED, A_CANCEL, "there is no order")
        return
    try:
        yield from OrderSteps(venue, around, plan.forbidden).run(account.intent)
    finally:
        release()
