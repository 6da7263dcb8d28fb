from pathlib import Path

import attrs

from config.catalogue import keys
from config.reference import page
from config.strategies import REGISTRY, StrategySettings

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_made_from_the_schema() -> None:
    assert (ROOT / "docs" / "config.md").read_text(encoding="utf-8") == page(), (
        "run: python -m config.reference > docs/config.md"
    )


def test_every_key_is_described_and_declares_its_direction() -> None:
    for key in keys():
        assert key.doc, key.name
        assert key.tighter in {"lower", "higher", "none"}


def test_every_setting_of_every_strategy_has_a_meaning_and_a_range() -> None:
    known = {attribute.name for attribute in attrs.fields(StrategySettings)}

    for kind in REGISTRY.values():
        own = {attribute.name for attribute in attrs.fields(kind)} - {"id"}
        assert own <= known
