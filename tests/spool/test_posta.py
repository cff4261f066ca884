"""Mail: what the settings may say, what the letter is, and that it goes or is told not to have gone."""

from __future__ import annotations

import smtplib
import socket
import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from ledger.errors import Refused
from ledger.home import Home
from spool import posta
from spool.posta import PerSmtp, Server
from tests.ledger.sala import furnish

AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
TOLD = 'da = "cbi@example.com"\na = ["ufficio@example.com", "capo@example.com"]\n'
SERVER = '[server]\nhost = "smtp.example.com"\nutente = "cbi"\npassword_file = "posta.password"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return furnish(tmp_path / "home").home


def tell(home: Home, text: str) -> None:
    (home.path / posta.FILE).write_text(text, encoding="utf-8")


def a_letter(subject: str = "Il mattino") -> bytes:
    made = posta.Posta(da="cbi@example.com", a=["ufficio@example.com"])
    return bytes(posta.letter(made, subject, "perché: …\n", "<p>perché</p>", at=AT, token="0" * 32))


class Postino:
    """Keeps what it is given, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.given = error, []

    def send(self, server, password, letter):
        if self.error is not None:
            raise self.error
        self.given.append((server.host, server.utente, password, letter["To"]))


def refused(code: str, *args):
    with pytest.raises(Refused) as found:
        posta.read(*args) if len(args) == 1 else posta.send(*args)
    assert found.value.code == code
    return found.value


def test_without_settings_there_is_nobody_to_write_to(home: Home) -> None:
    refused("POSTA-001", home)


@pytest.mark.parametrize(
    "text",
    [
        "da = ",
        'da = "cbi@example.com"',
        'da = "cbi@example.com"\na = []',
        'da = "cbi"\na = ["x@example.com"]',
        'da = "cbi@example.com"\na = ["x@example.com\\nBcc: y@example.com"]',
        'da = "cbi@example.com"\na = ["Ufficio <x@example.com>, y@example.com"]',
        f'{TOLD}password = "segreta"',
        f'{TOLD}[server]\nhost = "h"\npassword = "segreta"',
        f'{TOLD}[server]\nhost = "h"\nutente = "u"',
        f'{TOLD}[server]\nhost = "h"\nutente = "u"\npassword_file = "p"\ncifratura = "nessuna"',
        f'{TOLD}[server]\nhost = "h"\nporta = 0',
    ],
)
def test_settings_that_are_wrong_are_refused_and_no_secret_is_told(home: Home, text: str) -> None:
    tell(home, text)
    assert "segreta" not in str(refused("POSTA-002", home))


def test_a_letter_says_the_same_in_text_and_html_each_time_with_the_same_bytes() -> None:
    data = a_letter()
    assert data == a_letter()
    read = message_from_bytes(data, policy=policy.default)
    plain, html = read.get_body(("plain",)), read.get_body(("html",))
    assert plain is not None and html is not None
    assert plain.get_content() == "perché: …\n" and html.get_content() == "<p>perché</p>\n"
    assert (read["From"], read["To"], read["Message-ID"]) == (
        "cbi@example.com",
        "ufficio@example.com",
        f"<{'0' * 32}@example.com>",
    )


def test_a_name_with_line_ends_adds_no_header() -> None:
    read = message_from_bytes(a_letter("x\r\nBcc: altri@example.com"), policy=policy.default)
    assert "Bcc" not in read and read["Subject"] == "x Bcc: altri@example.com"


def test_the_password_comes_from_its_file(home: Home) -> None:
    tell(home, TOLD + SERVER)
    settings, postino = posta.read(home), Postino()
    made = message_from_bytes(a_letter(), policy=policy.default)
    refused("POSTA-004", home, settings, made, postino)
    (home.path / "posta.password").write_text("tre asini\nsul tetto\n", encoding="utf-8")
    posta.send(home, settings, made, postino)
    assert postino.given == [("smtp.example.com", "cbi", "tre asini", "ufficio@example.com")]


@pytest.mark.parametrize(
    "error",
    [
        OSError(111, "refused"),
        smtplib.SMTPAuthenticationError(535, b"tre asini"),
        smtplib.SMTPServerDisconnected("gone"),
    ],
)
def test_a_letter_that_did_not_go_is_told(home: Home, error: Exception) -> None:
    tell(home, TOLD + SERVER)
    (home.path / "posta.password").write_text("tre asini", encoding="utf-8")
    made = message_from_bytes(a_letter(), policy=policy.default)
    assert "tre asini" not in str(refused("POSTA-005", home, posta.read(home), made, Postino(error)).it)


def test_without_a_server_a_letter_can_only_be_written(home: Home) -> None:
    tell(home, TOLD)
    refused("POSTA-003", home, posta.read(home), message_from_bytes(a_letter()), Postino())


def test_it_goes_by_smtp() -> None:
    """A server of one letter, on this machine."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_serve, args=(door, got))
        thread.start()
        server = Server(host="127.0.0.1", porta=door.getsockname()[1], cifratura="nessuna")
        PerSmtp().send(server, "", message_from_bytes(a_letter(), policy=policy.default))
        thread.join(10)
    (data,) = got
    assert b"RCPT TO:<ufficio@example.com>" in data.upper().replace(b"UFFICIO@EXAMPLE.COM", b"ufficio@example.com")
    assert b"Il mattino" in data


def _serve(door: socket.socket, got: list[bytes]) -> None:
    line, _ = door.accept()
    with line, line.makefile("rwb", buffering=0) as stream:
        said = b""
        stream.write(b"220 ready\r\n")
        while (each := stream.readline()) and not each.upper().startswith(b"QUIT"):
            said += each
            if each.upper().startswith(b"DATA"):
                stream.write(b"354 go on\r\n")
                while (each := stream.readline()) not in (b".\r\n", b""):
                    said += each
            stream.write(b"250 ok\r\n")
        stream.write(b"221 bye\r\n")
    got.append(said)
