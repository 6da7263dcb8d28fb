from pathlib import Path

from config.catalogue import keys
from config.reference import page

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_made_from_the_schema() -> None:
    assert (ROOT / "docs" / "config.md").read_text(encoding="utf-8") == page(), (
        "run: python -m config.reference > docs/config.md"
    )


def test_every_key_is_described_and_declares_its_direction() -> None:
    for key in keys():
        assert key.doc, key.name
        assert key.tighter in {"lower", "higher", "more", "none"}
