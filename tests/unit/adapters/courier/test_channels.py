"""A webhook by ourselves, the rest by Apprise; a failure comes with what to do."""

from __future__ import annotations

import pytest

from adapters.courier.channels import mend, sender
from adapters.courier.message import Message, message_of
from adapters.courier.urls import ChannelUrl, label_of
from tests.fakes.alert_sinks import SECRET, http_sink, mail_sink, text_of
from tests.fakes.misbehaving_server import answering, http, misbehaving

pytestmark = pytest.mark.req("AL1")

MESSAGE = message_of(
    {
        "wall": "2026-11-28T21:40:33Z",
        "world": "default",
        "severity": "CRITICAL",
        "code": "ODD",
        "what": "<b>Pläne</b> *stop* \\n of lot",
        "done": "nothing",
        "command": "python run.py status",
    }
)


def sent(url: str, message: Message = MESSAGE) -> str | None:
    return sender(ChannelUrl(url, label_of(url)))(message)


def test_a_webhook_gets_a_document() -> None:
    with http_sink() as sink:
        assert sent(sink.url) is None

    assert sink.documents == [MESSAGE.document()]


def test_a_mail_has_the_text_as_it_is() -> None:
    with mail_sink() as sink:
        assert sent(sink.url) is None

    (mail,) = sink.mails
    assert "ODD" in str(mail["Subject"])
    assert "*stop* \\n of lot" in text_of(mail)


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        (f"nosuchthing://{SECRET}", "Apprise knows no such kind of URL"),
        (f"json://127.0.0.1:1/{SECRET}", "Apprise could not deliver it"),
    ],
)
def test_a_failure_of_apprise_shows_nothing_of_the_url(
    url: str, failure: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sent(url) == failure

    out, err = capfd.readouterr()
    assert SECRET not in out + err


def test_a_status_that_apprise_got_is_told() -> None:
    with misbehaving(answering(http(403, b""))) as server:
        assert sent(f"json://127.0.0.1:{server.port}/{SECRET}") == "HTTP 403"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("HTTP 404", "take a new URL"),
        ("HTTP 302: it points elsewhere", "take the URL that it points to"),
        ("HTTP 429", "try again later"),
        ("HTTP 503", "try again later"),
        ("nobody listens there", "look at its URL"),
        ("Apprise knows no such kind of URL", "https://appriseit.com"),
        ("it failed (OSError)", "look at its URL"),
    ],
)
def test_every_failure_has_its_mend(failure: str, words: str) -> None:
    assert words in mend(failure)
