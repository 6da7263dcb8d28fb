"""Where alerts go comes from the environment or a private file; nothing of it is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.courier.urls import CHANNELS_MAX, HEARTBEAT, URLS, find_urls, label_of

pytestmark = pytest.mark.req("AL1", "SEC1")

CHECKOUT = Path(__file__).parents[4]
HOOK = "https://hooks.example.com/services/T0KEN"


def private(folder: Path, text: str, mode: int = 0o600) -> str:
    file = folder / "urls"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return str(file)


def test_without_a_word_there_is_nobody_to_tell() -> None:
    found = find_urls({}, None, CHECKOUT)

    assert (found.channels, found.heartbeat, found.problems) == ((), None, ())
    assert not found.is_needed


def test_environment_and_file_together_name_the_channels_each_once(tmp_path: Path) -> None:
    text = f"# mine\n{HOOK}\n\ntgram://1:T0KEN/2 mailto://a:b@mail.example.com\nheartbeat https://hc.example/T0KEN\n"
    found = find_urls({URLS: f"{HOOK} json://h.example"}, private(tmp_path, text), CHECKOUT)

    assert [each.label for each in found.channels] == [
        "https://hooks.example.com",
        "json://h.example",
        "tgram://...",
        "mailto://mail.example.com",
    ]
    assert found.heartbeat is not None
    assert found.heartbeat.label == "https://hc.example"
    assert (found.problems, found.is_needed) == ((), True)
    assert "T0KEN" not in repr(found)


def test_two_that_look_the_same_are_told_apart() -> None:
    one, two = find_urls({URLS: f"{HOOK} {HOOK}2"}, None, CHECKOUT).channels

    assert (one.label, two.label) == ("https://hooks.example.com", "https://hooks.example.com (2)")
    assert one.key != two.key


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("https://user:T0KEN@x.example:8443/T0KEN?T0KEN#T0KEN", "https://x.example:8443"),
        ("https://T0KEN/path", "https://..."),
        ("http://[::1]:80/x", "http://::1:80"),
        ("http://x.example:T0KEN/", "http://..."),
        ("discord://T0KEN/T0KEN", "discord://..."),
        ("pbul://o.T0KEN", "pbul://..."),
        ("HTTPS://x.example", "https://x.example"),
    ],
)
def test_only_scheme_and_the_name_of_a_machine_are_shown(url: str, label: str) -> None:
    assert label_of(url) == label


@pytest.mark.parametrize(
    ("mode", "words"), [(0o640, "chmod 600"), (0o604, "chmod 600"), (0o600, "")]
)
def test_a_file_that_others_may_read_is_not_used(tmp_path: Path, mode: int, words: str) -> None:
    found = find_urls({}, private(tmp_path, HOOK, mode), CHECKOUT)

    assert bool(found.channels) is (words == "")
    assert all(words in each and "T0KEN" not in each for each in found.problems)
    assert len(found.problems) == (words != "")


@pytest.mark.parametrize(
    "path", ["/no/such/file", str(CHECKOUT / "urls"), "/dev/zero", "/", "/tmp/\0", "relative"]
)
def test_a_file_that_can_not_be_used_is_a_problem_and_no_error(path: str) -> None:
    found = find_urls({URLS: HOOK}, path, CHECKOUT)

    assert len(found.channels) == len(found.problems) == 1
    assert "app.alerts.urls_file" in found.problems[0]


def test_what_is_no_url_costs_itself_and_is_not_shown() -> None:
    found = find_urls({URLS: f"T0KEN {HOOK} ://x a/b://T0KEN"}, None, CHECKOUT)

    assert [each.url for each in found.channels] == [HOOK]
    (problem,) = found.problems
    assert problem.startswith("3 of the alert URLs")
    assert "T0KEN" not in problem


def test_more_channels_than_there_may_be_are_left_out_and_told() -> None:
    urls = " ".join(f"{HOOK}{number}" for number in range(CHANNELS_MAX + 1))
    found = find_urls({URLS: urls}, None, CHECKOUT)

    assert len(found.channels) == CHANNELS_MAX
    assert len(found.problems) == 1


@pytest.mark.parametrize("text", ["ftp://x.example/T0KEN", f"{HOOK} {HOOK}2", "T0KEN"])
def test_the_heartbeat_url_is_one_of_http(text: str) -> None:
    (problem,) = find_urls({HEARTBEAT: text}, None, CHECKOUT).problems

    assert "heartbeat" in problem
    assert "T0KEN" not in problem
