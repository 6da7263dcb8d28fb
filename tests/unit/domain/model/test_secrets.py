"""Key material is cut out of texts, in every form that people paste, and nothing else is."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.model.secrets import REMOVED, line_of_key, line_of_sign, redacted
from tests.builders.keys import EC, KEYS, WHOLE, shreds

WRAPS = {
    "alone": "{}",
    "within a sentence": "the key {} was refused",
    "after a name": "privateKey={}",
    "in quotes": "ValueError: '{}'",
    "on a line of its own": "it is\n{}\nand the next\t{}",
}
JWT = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJ4IiwiaXNzIjoiY2RwIn0.c2lnbmF0dXJlLW9mLWl0"


def leaks(key: str, text: str) -> set[str]:
    return {each for each in shreds(key) if each in text}


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_nothing_of_a_key_is_left_however_it_is_written(key: str, wrap: str) -> None:
    text = wrap.replace("{}", key)
    escaped = text.replace("\n", "\\n")
    on_one_line = text.replace("\n", " ")
    as_list = repr(text.splitlines())
    for each in (text, escaped, on_one_line, as_list, repr(text), text.replace("\n", "\r\n")):
        assert leaks(key, redacted(each)) == set()
        assert REMOVED in redacted(each)
        assert redacted(redacted(each)) == redacted(each)


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_json_stays_json_and_what_stands_around_a_key_stays(key: str) -> None:
    inner = {"privateKey": key, "counterfactualNames": "kept", "lines": key.splitlines(), "n": 1}
    twice = {"body": json.dumps(inner), "reason": "the venue said no"}

    once, again = json.loads(redacted(json.dumps(inner))), json.loads(redacted(json.dumps(twice)))

    assert (once["counterfactualNames"], once["n"]) == ("kept", 1)
    assert json.loads(again["body"])["counterfactualNames"] == "kept"
    assert again["reason"] == "the venue said no"
    assert leaks(key, str(once) + str(again)) == set()


@pytest.mark.req("SEC1")
def test_a_key_that_was_cut_off_or_has_lost_its_first_line_is_cut_out_too() -> None:
    body = "".join(EC.splitlines()[1:-1])
    for text in (EC[:90], EC[: EC.index("-----END") + 7], body, "\n".join(EC.splitlines()[1:-1])):
        assert leaks(text, redacted(f"it said {text}")) == set()
    cut = {"a": EC[:90], "counterfactualNames": 1}
    assert json.loads(redacted(json.dumps(cut)))["counterfactualNames"] == 1


@pytest.mark.req("SEC1")
def test_tokens_and_values_beside_a_telling_name_are_cut_out_and_the_name_stays() -> None:
    assert redacted(f"Authorization: Bearer {JWT}") == f"Authorization: Bearer {REMOVED}"
    assert redacted("CB_API_SECRET=hunter2hunter2") == f"CB_API_SECRET={REMOVED}"
    assert redacted("apiSecret: 'hunter2hunter2'") == f"apiSecret: '{REMOVED}'"


@pytest.mark.req("SEC1")
def test_what_is_no_key_stays() -> None:
    for text in (
        "47ff4d754f1661db38e83f4b5a45f934045bfd1762288f419d71e8fce9c0fc2d",
        "CB_API_SECRET_FILE=/run/secrets/coinbase.json",
        "de7b37dd-74d6-5f34-a21f-469365c71356",
        "STOPPED reason=duration cycles=16 orders=2 fills=2 equity=9983.4526393911904",
        "a_very_long_name_of_a_setting_that_nobody_would_ever_type=3",
        "key file keys/key.json: privateKey is missing; download the key file again",
        "'-----BEGIN EC PRIVATE KEY-----' is how it begins",
        f"http://127.0.0.1:8080/a/b/{'x' * 50}?a=b&c={'0' * 60}",
    ):
        assert redacted(text) == text
        assert line_of_key(text) is None


@pytest.mark.req("SEC1")
@given(st.text(alphabet=string.printable))
def test_any_text_can_be_looked_at_and_one_without_signs_stays(text: str) -> None:
    assume(REMOVED not in text)
    found = redacted(text)

    assert redacted(found) == found
    assert (found == text) == (REMOVED not in found)


@pytest.mark.req("SEC1")
def test_the_line_of_a_key_is_told() -> None:
    assert line_of_key(f"# notes\n\nprivate: {WHOLE}\n") == 3
    assert line_of_key(f"{EC}\n{WHOLE}") == 1
    assert line_of_key("private_key = make_key()") is None


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_where_no_key_has_any_business_a_sign_of_one_is_enough(key: str) -> None:
    assert line_of_sign(f"quote: USD\nnote: {key}\n") == 2
    assert line_of_sign("quote: '-----BEGIN EC PRIVATE KEY-----'") == 1
    assert line_of_sign("a: 1\nprivateKey: soon\n") == 2
    assert line_of_sign("api_secret: hunter2hunter2") == 1
    assert line_of_sign("quote: USD\nmode: paper\n") is None
