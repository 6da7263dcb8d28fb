"""Which orders are ours: as much as the journal has, and never less by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from adapters.journal.codec import Codec
from adapters.sentinel.orders import REMEMBERED_ENDS, OurOrders, Ours
from domain.messages.catalogue import CATALOGUE
from domain.messages.orders import IntentRaised
from domain.model.approval import ApprovedOrder
from domain.model.orders import OrderState
from domain.orders import own_orders
from tests.builders.messages import a_moved, an_intent, approved, approved_sale
from tests.builders.sentinel import intent_line

pytestmark = pytest.mark.req("K1")


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as journal:
        journal.write(text)


def test_every_intent_of_every_segment_is_ours_with_its_purpose(tmp_path: Path) -> None:
    other = '{"type":"LotOpened","data":{"client_order_id":"c-9"}}\n'
    append(tmp_path / "000001.jsonl", intent_line("c-1") + other)
    append(tmp_path / "000002.jsonl", intent_line("c-2", "exit"))
    append(tmp_path / "notes.txt", intent_line("c-3"))

    assert OurOrders(tmp_path).known() == Ours({"c-1": "entry", "c-2": "exit"})


def test_what_the_journal_writes_today_is_known_by_its_type(tmp_path: Path) -> None:
    orders: tuple[ApprovedOrder, ...] = (approved(), approved_sale("lot-1"))
    for number, order in enumerate(orders, 1):
        told = Codec(CATALOGUE).encode(IntentRaised(an_intent(order, number)))
        line = json.dumps({"data": told, "type": "IntentRaised"}, separators=(",", ":"))
        append(tmp_path / "000001.jsonl", line + "\n")

    assert tuple(OurOrders(tmp_path).known().purposes.values()) == ("entry", "exit")


def test_the_venues_names_of_ours_are_known_as_the_journal_tells_them(tmp_path: Path) -> None:
    entry, refused = an_intent(approved(), 1), an_intent(approved(), 2)
    moves = (
        a_moved(entry, OrderState.OPEN),
        evolve(a_moved(refused, OrderState.REJECTED), order_id=None),
    )
    for moved in moves:
        record = {"data": Codec(CATALOGUE).encode(moved), "type": "OrderAdvanced"}
        append(tmp_path / "000001.jsonl", json.dumps(record, separators=(",", ":")) + "\n")
    append(tmp_path / "000001.jsonl", '{"type":"OrderAdvanced","data":7}\n')

    known = OurOrders(tmp_path).known()

    assert known.order_ids == {moves[0].order_id: entry.client_order_id}
    assert known.refused == {refused.client_order_id}
    assert known.doubt is None


def test_an_older_journal_names_the_purpose_itself() -> None:
    known = OurOrders(Path(__file__).parents[3] / "golden" / "journal").known()

    assert known.doubt is None
    assert sorted(known.purposes.values()) == ["entry"] * 5 + ["exit"] * 2


def test_what_is_appended_is_read_from_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "000001.jsonl"
    append(file, intent_line("c-1"))
    ours = OurOrders(tmp_path)
    ours.known()
    whole = file.stat().st_size
    file.write_bytes(b"x" * whole)  # were it read again, c-1's line would be no line any more

    append(file, intent_line("c-2"))
    append(tmp_path / "000002.jsonl", intent_line("c-3"))

    assert set(ours.known().purposes) == {"c-1", "c-2", "c-3"}


def test_an_unfinished_last_line_waits_and_is_read_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "000001.jsonl"
    line = intent_line("c-2")
    ours = OurOrders(tmp_path)
    append(file, intent_line("c-1"))

    for part in (line[:20], line[20:-1]):
        append(file, part)
        assert set(ours.known().purposes) == {"c-1"}

    append(file, line[-1:])
    assert set(ours.known().purposes) == {"c-1", "c-2"}


def test_a_line_that_was_cut_off_and_written_anew_is_read(tmp_path: Path) -> None:
    file = tmp_path / "000001.jsonl"
    append(file, intent_line("c-1"))
    whole = file.stat().st_size
    append(file, intent_line("c-2")[:-9])
    ours = OurOrders(tmp_path)
    ours.known()
    with file.open("r+b") as journal:
        journal.truncate(whole)

    append(file, intent_line("c-3"))

    assert set(ours.known().purposes) == {"c-1", "c-3"}


def test_an_absent_folder_is_not_the_same_as_nothing_ours(tmp_path: Path) -> None:
    known = OurOrders(tmp_path / "absent").known()

    assert known == Ours({}, "the journal can't be read: FileNotFoundError")


def test_a_segment_that_can_not_be_read_leaves_a_doubt_and_the_others_count(tmp_path: Path) -> None:
    (tmp_path / "000001.jsonl").mkdir()
    append(tmp_path / "000002.jsonl", intent_line("c-1"))

    known = OurOrders(tmp_path).known()

    assert known == Ours({"c-1": "entry"}, "the journal can't be read: IsADirectoryError")


@pytest.mark.parametrize(
    "broken",
    [
        intent_line("c-2").replace("}}}}", ""),
        '{"type":"IntentRaised","data":{}}\n',
        '{"type":"IntentRaised","data":null}\n',
        '{"type":"IntentRaised","data":{"intent":{"client_order_id":"c-2"}}}\n',
        intent_line("c-2").replace('"c-2"', "[]"),
        intent_line("c-2", "other"),
    ],
    ids=["cut", "empty", "nothing", "no-purpose", "no-id", "unknown-purpose"],
)
def test_a_broken_intent_leaves_a_doubt_for_good_and_the_others_count(
    broken: str, tmp_path: Path
) -> None:
    append(tmp_path / "000001.jsonl", intent_line("c-1") + broken + intent_line("c-3"))
    ours = OurOrders(tmp_path)

    for _ in range(2):
        known = ours.known()
        assert known.purposes == {"c-1": "entry", "c-3": "entry"}
        assert (known.doubt or "").startswith("the journal can't be read: ")


def test_what_was_unreadable_for_a_while_is_read_later(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    ours = OurOrders(folder)
    assert ours.known().doubt is not None

    folder.mkdir()
    append(folder / "000001.jsonl", intent_line("c-1"))

    assert ours.known() == Ours({"c-1": "entry"})


def test_what_may_be_open_is_counted_until_the_journal_tells_its_end() -> None:
    ours = Ours(
        {"c-1": "entry", "c-2": "entry", "c-3": "entry", "c-4": "entry", "x-1": "exit"},
        order_ids={"o-1": "c-1", "o-2": "c-2"},
        refused=frozenset({"c-3"}),
        living={"o-1": "c-1"},
    )
    # c-1 is open, c-2 has ended, c-3 was refused; of c-4 and x-1 no more than the intent is told.
    assert ours.unsettled(("entry",)) == 2
    assert ours.unsettled(("entry", "exit")) == 3


def test_it_knows_as_many_ended_orders_as_the_trader() -> None:
    assert REMEMBERED_ENDS == own_orders.REMEMBERED_ENDS


@pytest.mark.parametrize(
    "odd", ["{", '{"type":"OrderAdvanced"}', '{"type":"OrderAdvanced","data":[]}']
)
def test_a_move_that_can_not_be_read_changes_nothing(odd: str, tmp_path: Path) -> None:
    moved = a_moved(an_intent(), OrderState.OPEN)
    told = {"data": Codec(CATALOGUE).encode(moved), "type": "OrderAdvanced"}
    append(tmp_path / "000001.jsonl", json.dumps(told, separators=(",", ":")) + f"\n{odd}\n")

    assert OurOrders(tmp_path).known().living == {moved.order_id: moved.client_order_id}


def test_what_ended_longest_ago_is_forgotten_and_what_lives_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sentinel.orders.REMEMBERED_ENDS", 2)
    file, codec = tmp_path / "000001.jsonl", Codec(CATALOGUE)
    names = []
    for number in range(1, 6):
        intent = an_intent(approved(), number)
        state = OrderState.OPEN if number == 1 else OrderState.FILLED
        moved = evolve(a_moved(intent, state), order_id=f"venue-{number}")
        names.append(intent.client_order_id)
        for message in (IntentRaised(intent), moved):
            told = {"data": codec.encode(message), "type": codec.name(message)}
            append(file, json.dumps(told, separators=(",", ":")) + "\n")

    known = OurOrders(tmp_path).known()

    assert list(known.purposes) == [names[0], *names[3:]]
    assert list(known.order_ids) == ["venue-1", "venue-4", "venue-5"]
    assert known.living == {"venue-1": names[0]}
