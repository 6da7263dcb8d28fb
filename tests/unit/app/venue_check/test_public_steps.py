"""What everybody may ask: each step by itself, and none where there is no way."""

from __future__ import annotations

from attrs import evolve

from app.venue_check.public_steps import PublicSteps
from domain.messages.market import StreamClosed
from domain.model.product import ProductId
from domain.system.venue_check import CheckedStep, StepResult
from tests.builders.messages import BTC, a_product
from tests.fakes.asked_venue import Around, AskedVenue, a_book, a_frame

WELL = {"reach": "ok", "clock": "ok", "products": "ok", "candle": "ok", "stream": "ok"}


def steps(venue: AskedVenue, around: Around) -> PublicSteps:
    return PublicSteps(
        venue,
        around,
        rest="https://venue.example",
        quote_currency="USD",
        limit_ns=150_000_000,
    )


def run(venue: AskedVenue, around: Around | None = None) -> dict[str, CheckedStep]:
    return {each.step: each for each in steps(venue, around or Around()).run()}


def verdicts(found: dict[str, CheckedStep]) -> dict[str, str]:
    return {name: each.verdict.lower() for name, each in found.items()}


def test_all_is_well_without_a_key() -> None:
    venue, around = AskedVenue(), Around()
    public = steps(venue, around)

    assert {each.step: each.verdict.value for each in public.run()} == WELL
    assert (public.is_reached, public.is_on_time) == (True, True)
    assert public.product == a_product()
    assert venue.asked == ["products", "candles BTC-USD", "listen BTC-USD"]


def test_where_there_is_no_way_nothing_is_asked() -> None:
    venue = AskedVenue()
    found = run(venue, Around(unreached="nobody answers at venue.example:443"))

    assert verdicts(found) == {**dict.fromkeys(WELL, "skipped"), "reach": "failed"}
    assert found["reach"].mend == "curl -sv https://venue.example"
    assert venue.asked == []


def test_a_wrong_clock_costs_its_own_step() -> None:
    assert verdicts(run(AskedVenue(), Around(ahead_ms=900))) == {**WELL, "clock": "failed"}


def test_without_a_catalogue_the_usual_product_is_looked_at() -> None:
    venue = AskedVenue()
    venue.listed = evolve(venue.listed, products=(), failure="HTTP 503")

    assert verdicts(run(venue)) == {**WELL, "products": "failed"}
    assert venue.asked[1:] == ["candles BTC-USD", "listen BTC-USD"]


def test_a_product_with_another_name_is_asked_for_by_it() -> None:
    venue = AskedVenue()
    venue.listed = evolve(venue.listed, products=(a_product("ETH-USD"),))
    venue.frames[0] = a_frame(0, a_book(product=ProductId("ETH-USD")))

    assert verdicts(run(venue)) == WELL
    assert "listen ETH-USD" in venue.asked


def test_a_stream_that_ends_or_never_tells_all_costs_its_own_step() -> None:
    broken, silent = AskedVenue(), AskedVenue()
    broken.frames[1:] = [StreamClosed("market", 1, "sequence gap: expected 1, was 3")]
    silent.frames = []
    around = Around()

    assert "sequence gap" in run(broken)["stream"].found
    found = run(silent, around)
    assert found["stream"].verdict is StepResult.FAILED
    assert f"no book of {BTC}" in found["stream"].found
    assert 15 <= around.rested_s < 17
