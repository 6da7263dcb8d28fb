"""What is left out is counted each time and told once, however many reasons somebody invents."""

from __future__ import annotations

from attrs import evolve

from domain.model.entries import EntryKind
from domain.system.unread import MOST_REASONS, NAMES_TOLD, UnreadTally, is_first, sentence
from tests.builders.messages import an_unread


def test_the_same_reason_is_first_once_and_counted_on() -> None:
    tally = UnreadTally()
    odd = an_unread(client_order_id="by-hand")

    (first,) = tally.count([odd, odd])
    (second,) = tally.count([odd])
    (fill,) = tally.count([evolve(odd, kind=EntryKind.FILL)])

    assert (first.fresh, first.count, is_first(first)) == (2, 2, True)
    assert (second.fresh, second.count, is_first(second)) == (1, 3, False)
    assert is_first(fill)


def test_reasons_without_end_are_one_in_the_end() -> None:
    tally = UnreadTally()
    flood = [evolve(an_unread(), reason=f"member {number}") for number in range(MOST_REASONS + 40)]

    news = tally.count(flood)

    assert len(news) == MOST_REASONS + 1
    assert news[-1].count == 40


def test_people_are_told_what_and_why_and_some_names() -> None:
    tally = UnreadTally()
    one = evolve(an_unread(), kind=EntryKind.PRODUCT, reason="base_increment: absent")
    many = [evolve(one, name=f"C{number}-USD") for number in range(NAMES_TOLD + 3)]

    (news,) = tally.count(many)

    names = ", ".join(f"C{number}-USD" for number in range(NAMES_TOLD))
    assert sentence(news) == f"8 of kind product are left out ({names}): base_increment: absent"
