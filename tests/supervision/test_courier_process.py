"""The courier as a process: alerts arrive once, whatever dies, is down or answers nonsense."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.courier import Trader, courier
from tests.builders.full import some
from tests.builders.waiting import wait_for
from tests.fakes.alert_sinks import MORE_SECRETS, SECRET, Sink, http_sink, mail_sink, text_of

pytestmark = [pytest.mark.supervision, pytest.mark.req("AL1")]

PATIENCE_S = 30.0


@pytest.fixture
def trader(tmp_path: Path) -> Trader:
    return Trader(tmp_path)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as made:
        yield made


def until(condition: object, trader: Trader) -> None:
    assert callable(condition)
    wait_for(condition, PATIENCE_S, lambda: str(trader.state()))


def test_alerts_arrive_by_webhook_and_by_mail_with_their_body_in_order(
    trader: Trader, sink: Sink
) -> None:
    with mail_sink() as mail, courier(trader.settings(sink.url, mail.url)) as carrying:
        name = trader.alerts("daily loss 3.1 % beyond 3 %")
        until(lambda: sink.documents and mail.mails, trader)
        carrying.farewell()
        carrying.ends()

        (document,) = sink.documents
        assert (document["id"], document["escalated"]) == (name, False)
        assert document["what"] == "daily loss 3.1 % beyond 3 %"
        assert document["command"] == "python run.py status"
        (told,) = mail.mails
    assert "CRITICAL ODD" in str(told["Subject"])
    text = text_of(told)
    order = ["daily loss 3.1", "Done: tried", "Owned: 1 BTC", "At worst: all", "To do: python run"]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    assert {each.label.partition("://")[0] for each in trader.marks()} == {"http", "mailto"}


def test_what_was_written_while_the_sink_was_down_arrives_once_when_it_is_back(
    trader: Trader,
) -> None:
    with http_sink() as gone:
        port, url = gone.port, gone.url
    with http_sink() as other, courier(trader.settings(url, other.url)) as carrying:
        names = [trader.alerts(f"number {letter}") for letter in "abcde"]
        until(lambda: other.ids == names, trader)
        until(lambda: trader.state()["channels"][0]["failing_since"], trader)
        assert trader.state()["channels"][0]["failure"] == "nobody listens there"
        with http_sink(port) as back:
            until(lambda: len(back.ids) == 5, trader)
            carrying.farewell()
            carrying.ends()
            assert back.ids == names
        assert other.ids == names


@pytest.mark.parametrize("status", some([500, 302, 404, 429, 199], 2))
def test_an_answer_that_is_none_is_no_delivery(trader: Trader, sink: Sink, status: int) -> None:
    sink.status = status
    with courier(trader.settings(sink.url)):
        trader.alerts("a")
        until(lambda: trader.state().get("channels", [{}])[0].get("failure"), trader)
        assert trader.marks() == []

        sink.status = 200
        until(lambda: len(sink.ids) == 1, trader)


def test_a_sink_that_hangs_holds_up_no_other(trader: Trader, sink: Sink) -> None:
    with http_sink() as hanging, courier(trader.settings(hanging.url, sink.url)):
        hanging.is_hanging.set()
        names = [trader.alerts("a"), trader.alerts("b")]
        until(lambda: sink.ids == names, trader)
        assert hanging.ids == []

        hanging.is_hanging.clear()
        until(lambda: set(hanging.ids) == set(names), trader)


def test_what_nobody_takes_note_of_is_sent_once_more_and_louder(trader: Trader, sink: Sink) -> None:
    with courier(trader.settings(sink.url, escalate_s=1.5)) as carrying:
        noted, over = trader.alerts("noted"), trader.alerts("over", topic="breaker x (global)")
        trader.notes(noted)
        end = trader.alerts("closed", code="RESOLVED", severity="INFO", topic="breaker x (global)")
        heard = trader.alerts("heard by nobody")
        until(lambda: sum(each["escalated"] for each in sink.documents) == 1, trader)
        carrying.farewell()
        carrying.ends()

    told = [(each["id"], each["escalated"]) for each in sink.documents]
    plain = [(each, False) for each in (noted, over, end, heard)]
    assert told == [*plain, (heard, True)]


def test_a_courier_that_is_killed_loses_nothing_and_its_successor_repeats_nothing(
    trader: Trader, sink: Sink
) -> None:
    names = []
    for letter in some("abcd", 2):
        with courier(trader.settings(sink.url)) as carrying:
            names.append(trader.alerts(f"before {letter}"))
            until(lambda: len(trader.marks()) == len(names), trader)
            carrying.process.kill()
            carrying.process.wait()
            names.append(trader.alerts(f"while nobody carries {letter}"))
    with courier(trader.settings(sink.url)) as carrying:
        until(lambda: len(trader.marks()) == len(names), trader)
        carrying.farewell()
        carrying.ends()

    assert sink.ids == names


def test_a_courier_that_is_killed_in_the_middle_of_one_may_send_that_one_twice_and_no_other(
    trader: Trader, sink: Sink
) -> None:
    with courier(trader.settings(sink.url)) as carrying:
        first = trader.alerts("arrived")
        until(lambda: len(trader.marks()) == 1, trader)
        sink.is_hanging.set()
        under_way = trader.alerts("under way")
        carrying.process.kill()
        carrying.process.wait()
    sink.is_hanging.clear()
    with courier(trader.settings(sink.url)):
        last = trader.alerts("after it")
        until(lambda: last in sink.ids, trader)

    assert list(dict.fromkeys(sink.ids)) == [first, under_way, last]
    assert sink.ids.count(first) == sink.ids.count(last) == 1
    assert sink.ids.count(under_way) <= 2


def test_rotation_of_the_file_loses_and_repeats_nothing(trader: Trader, sink: Sink) -> None:
    with courier(trader.settings(sink.url)):
        names = [trader.alerts("a")]
        until(lambda: sink.ids == names, trader)
        names.append(trader.alerts("b"))
        trader.file.rename(trader.log / "alerts.2026-01-01_00-00-00.jsonl")
        names.append(trader.alerts("c"))
        until(lambda: len(trader.marks()) == 3, trader)
    with courier(trader.settings(sink.url)):
        names.append(trader.alerts("d"))
        until(lambda: names[-1] in sink.ids, trader)

    assert sink.ids == names


def test_lines_that_are_none_cost_themselves(trader: Trader, sink: Sink) -> None:
    odd = ['{"what": 1', "[]", "null", '{"wall": "yesterday"}', '{"wall": NaN}', "\x00", "{" * 9000]
    trader.file.write_text("\n".join(odd) + "\n", encoding="utf-8")
    with courier(trader.settings(sink.url)):
        strange = trader.alerts("x" * 100_000, severity="LOUD", code=None, owned=[1], worst={})
        name = trader.alerts("fine")
        until(lambda: name in sink.ids, trader)

    assert sink.ids == [strange, name]
    assert len(sink.documents[0]["what"]) < 2000


def test_alerts_of_others_and_of_virtual_time_stay_here(trader: Trader, sink: Sink) -> None:
    with courier(trader.settings(sink.url)):
        trader.alerts("another world", world="generated-7")
        trader.alerts("another mode", mode="dry-run")
        trader.alerts("virtual", wall=None)
        trader.alerts("too quiet", severity="INFO")
        name = trader.alerts("mine")
        until(lambda: sink.ids, trader)

    assert sink.ids == [name]


def test_a_dead_traders_courier_stays_until_the_sentinel_has_told_all_it_has(
    trader: Trader, sink: Sink
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as sentinel:
        (trader.mode / "sentinel.json").write_text(json.dumps({"pid": sentinel.pid}))
        with courier(trader.settings(sink.url, escalate_s=1.0)) as carrying:
            carrying.die()
            first = trader.alerts("the trader died", code="SENTINEL")
            until(lambda: sink.ids == [first, first], trader)
            assert carrying.process.poll() is None

            last = trader.alerts("no answer from the venue", code="SENTINEL")
            trader.notes(last)
            sentinel.communicate(b"\n")
            carrying.ends()

    assert [each["escalated"] for each in sink.documents] == [False, True, False]
    assert sink.ids == [first, first, last]


def test_a_dead_traders_courier_does_not_stay_for_ever(trader: Trader, sink: Sink) -> None:
    (trader.mode / "sentinel.json").write_text(json.dumps({"pid": os.getpid()}))
    with courier(trader.settings(sink.url, linger_s=0.5)) as carrying:
        carrying.die()
        carrying.ends()


def test_one_courier_at_a_time_and_the_next_takes_over(trader: Trader, sink: Sink) -> None:
    with courier(trader.settings(sink.url)) as first:
        names = [trader.alerts("a")]
        until(lambda: sink.ids == names, trader)
        with courier(trader.settings(sink.url)) as second:
            names.append(trader.alerts("b"))
            until(lambda: len(trader.marks()) == 2, trader)
            assert trader.state()["pid"] == first.process.pid

            first.process.kill()
            names.append(trader.alerts("c"))
            until(lambda: sink.ids == names, trader)
            assert trader.state()["pid"] == second.process.pid


def test_a_courier_that_waits_ends_with_its_trader(trader: Trader, sink: Sink) -> None:
    with courier(trader.settings(sink.url)):
        until(lambda: trader.state(), trader)
        with courier(trader.settings(sink.url)) as waiting:
            waiting.die()
            waiting.ends()


def test_nothing_of_a_url_is_written_anywhere(trader: Trader, sink: Sink) -> None:
    sink.status = 500
    urls = (sink.url, f"tgram://123456789:{SECRET}x/42", f"jsons://127.0.0.1:1/{SECRET}")
    with courier(trader.settings(*urls, heartbeat=sink.url)) as carrying:
        trader.alerts("a")
        until(
            lambda: all(
                each["failure"] for each in trader.state().get("channels", [{"failure": 0}])
            ),
            trader,
        )
        words = Path(f"/proc/{carrying.process.pid}/cmdline").read_text()

    files = [each for each in trader.log.parent.rglob("*") if each.is_file()]
    assert len(files) >= 4
    for each in (SECRET, *MORE_SECRETS, "123456789"):
        assert each not in words
        assert [file for file in files if each.encode() in file.read_bytes()] == []


def test_the_heartbeat_url_is_called_while_cycles_advance_and_not_after(
    trader: Trader, sink: Sink
) -> None:
    status = trader.mode / "status.json"
    settings = trader.settings(heartbeat=sink.url, heartbeat_every_s=0.05, quiet_after_s=0.3)
    status.write_text('{"cycles": 1}')
    with courier(settings):
        until(lambda: trader.state(), trader)
        cycles = 1

        def advance() -> bool:
            nonlocal cycles
            cycles += 1
            status.write_text(json.dumps({"cycles": cycles}))
            return len(sink.calls) >= 3

        until(advance, trader)
        known = [-1]

        def is_quiet() -> bool:
            known.append(len(sink.calls))
            return len(known) > 200 and len(set(known[-200:])) == 1

        until(is_quiet, trader)
