"""A certificate is believed only as it was written, where it was written."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.control.certificates import (
    FOLDER,
    KEY,
    CertificateInvalid,
    certificates_in,
    read_certificate,
    write_certificate,
)
from domain.model.instants import DAY, Nanos
from domain.system.certificate import Certificate
from tests.builders.certificates import a_certificate
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("M1", "RH1")

Document = dict[str, Any]


def key_of(folder: Path) -> bytes:
    return bytes.fromhex((folder / FOLDER / KEY).read_text())


def fault_of(folder: Path) -> str:
    (found,) = certificates_in(folder)
    assert found.certificate is None
    assert found.fault
    assert found.fault.isprintable()
    return found.fault


@pytest.fixture(scope="module")
def written() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        write_certificate(Path(name), a_certificate())
        yield Path(name)


@pytest.fixture
def folder(tmp_path: Path, written: Path) -> Path:
    shutil.copytree(written, tmp_path / "live")
    return tmp_path / "live"


def file_in(folder: Path) -> Path:
    (file,) = (folder / FOLDER).glob("*.json")
    return file


def test_what_was_written_is_read_back_and_its_key_is_the_owners_alone(tmp_path: Path) -> None:
    first, second = a_certificate(), a_certificate(issued_ns=NOW, policy_hash="f" * 16)
    write_certificate(tmp_path, second)
    write_certificate(tmp_path, first)

    assert [each.certificate for each in certificates_in(tmp_path)] == [first, second]
    assert stat.S_IMODE((tmp_path / FOLDER / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


def test_where_nothing_was_written_there_is_none(tmp_path: Path) -> None:
    assert certificates_in(tmp_path) == ()
    (tmp_path / FOLDER).mkdir()
    assert certificates_in(tmp_path) == ()


EDITS: dict[str, tuple[Callable[[Document], Any], str]] = {
    "another portfolio": (lambda it: it.update(portfolio="mine"), "changed since it was signed"),
    "a later end": (lambda it: it.update(expires="2027-01-01T00:00:00Z"), "changed since"),
    "a looser value": (lambda it: it["values"].update({"policy.x": "99"}), "changed since"),
    "an unknown field": (lambda it: it.update(note="trust me"), "also has note"),
    "a field less": (lambda it: it.pop("evidence"), "lacks evidence"),
    "another schema": (lambda it: it.update(schema=2), "schema is not 1"),
    "a schema of another type": (lambda it: it.update(schema=True), "schema is not 1"),
    "a rate that is none": (lambda it: it.update(maker=0), "its maker is of no form"),
    "a null": (lambda it: it.update(portfolio=None), "its portfolio is of no form"),
    "a list": (lambda it: it.update(code=["c"]), "its code is of no form"),
    "a long text": (lambda it: it.update(venue="v" * 201), "its venue is of no form"),
    "a bell": (lambda it: it.update(venue="coin\abase"), "its venue is of no form"),
    "no signature": (lambda it: it.pop("signature"), "lacks signature"),
    "values of another type": (lambda it: it.update(values=[]), "its values are none"),
    "NaN": (lambda it: it["values"].update(x=float("nan")), "it holds NaN"),
    "infinity": (lambda it: it["values"].update(x=float("inf")), "it holds Infinity"),
    "a binary number": (lambda it: it["values"].update(x=1.5), "it holds 1.5"),
    "a name that breaks lines": (lambda it: it.update({"a\nb": 1}), r"also has a\nb"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_was_edited_is_none_and_says_what_is_wrong(edit: str, folder: Path) -> None:
    change, words = EDITS[edit]
    document = json.loads(file_in(folder).read_text())
    change(document)
    file_in(folder).write_text(json.dumps(document))

    assert words in fault_of(folder)


def test_one_of_another_folder_is_none_and_neither_is_one_without_the_key(
    folder: Path, tmp_path: Path
) -> None:
    write_certificate(tmp_path / "other", a_certificate())
    (tmp_path / "other" / FOLDER / file_in(folder).name).write_text(file_in(folder).read_text())
    assert "signed for another data folder" in fault_of(tmp_path / "other")

    (folder / FOLDER / KEY).unlink()
    assert "the key it is signed with can't be read" in fault_of(folder)


@pytest.mark.parametrize("text", ["", "00", "z" * 64, "0" * 65, "0" * 64 + "\n\n"])
def test_a_damaged_key_signs_nothing(text: str, folder: Path) -> None:
    (folder / FOLDER / KEY).write_text(text)

    assert "damaged" in fault_of(folder)
    with pytest.raises(CertificateInvalid):
        write_certificate(folder, a_certificate())


def test_a_key_that_others_may_read_or_that_is_a_link_is_none(folder: Path) -> None:
    key = folder / FOLDER / KEY
    key.chmod(0o640)
    assert f"chmod 600 {key}" in fault_of(folder)

    key.chmod(0o600)
    key.rename(folder / "elsewhere")
    key.symlink_to(folder / "elsewhere")
    assert "it is a link" in fault_of(folder)


def test_what_is_no_file_keeps_nobody_waiting(folder: Path) -> None:
    file = file_in(folder)
    file.unlink()
    os.mkfifo(file)
    assert "can't be read" in fault_of(folder)

    file.unlink()
    file.mkdir()
    assert "can't be read" in fault_of(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is it cut off"),
        ("[]", "no JSON object"),
        ("[" * 100_000, ""),
        ('{"a":' * 100_000, ""),
        ('{"schema": 1, "schema": 1}', "says twice schema"),
        ('{"schema": ' + "9" * 5_000 + "}", "is it cut off"),
        (" " * ((1 << 20) + 1), "larger than"),
        ('{"schema": 1e999}', "it holds 1e999"),
    ],
)
def test_what_is_no_certificate_at_all_is_told_as_such(text: str, words: str, folder: Path) -> None:
    file_in(folder).write_text(text)

    assert words in fault_of(folder)


def test_one_that_is_good_for_too_long_is_not_even_written(tmp_path: Path) -> None:
    with pytest.raises(CertificateInvalid, match="good for too long"):
        write_certificate(tmp_path, a_certificate(expires_ns=Nanos(NOW + 31 * DAY)))


def read_or_fault(file: Path, key: bytes) -> Certificate | None:
    """Return what `file` certifies, None if it is refused in words that can be shown."""
    try:
        return read_certificate(file, key)
    except CertificateInvalid as error:
        told = str(error)
    assert told
    assert told.isprintable()
    return None


def raw(folder: Path) -> bytes:
    return file_in(folder).read_bytes()


@given(st.data())
def test_no_byte_can_be_changed_cut_off_or_put_in(written: Path, data: st.DataObject) -> None:
    whole = raw(written)
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.binary(max_size=3))
    rest = data.draw(st.sampled_from([whole[at:], whole[at + 1 :], b""]))
    changed = whole[:at] + put + rest
    with TemporaryDirectory() as name:
        file = Path(name) / "c.json"
        file.write_bytes(changed)
        assert read_or_fault(file, key_of(written)) in (None, a_certificate())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = json.loads(
    '["schema", "policy_hash", "code", "venue", "environment", "portfolio", "issued", "expires",'
    ' "evidence", "maker", "taker", "values", "signature", "else"]'
)
NAMES = st.sampled_from(FIELDS)


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.booleans())
def test_whatever_stands_in_a_field_never_breaks_the_reader(
    written: Path, changes: Document, is_whole: bool
) -> None:
    base = json.loads(raw(written)) if is_whole else {}
    with TemporaryDirectory() as name:
        file = Path(name) / "c.json"
        file.write_text(json.dumps({**base, **changes}))
        assert read_or_fault(file, key_of(written)) in (None, a_certificate())


@given(st.binary(max_size=200))
def test_noise_is_no_certificate(written: Path, noise: bytes) -> None:
    with TemporaryDirectory() as name:
        file = Path(name) / "c.json"
        file.write_bytes(noise)
        with pytest.raises(CertificateInvalid):
            read_certificate(file, key_of(written))


@given(st.binary(min_size=32, max_size=32))
def test_another_key_is_not_believed(written: Path, key: bytes) -> None:
    if key == key_of(written):
        return
    with pytest.raises(CertificateInvalid):
        read_certificate(file_in(written), key)


def test_equal_certificates_are_equal_files(tmp_path: Path) -> None:
    again = evolve(a_certificate())
    file = write_certificate(tmp_path, a_certificate())
    before = file.read_bytes()

    assert write_certificate(tmp_path, again) == file
    assert file.read_bytes() == before
