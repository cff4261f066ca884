"""Mail: by which server and to whom, as `posta.toml` in the home tells; and the letter itself.

    da = "cbi@example.com"
    a = ["ufficio@example.com"]

    [server]                          # without it a letter is made, and not sent
    host = "smtp.example.com"
    porta = 587
    cifratura = "starttls"            # or "tls"; "nessuna" for a server of this machine
    utente = "cbi"
    password_file = "posta.password"  # its first line; readable by its owner alone

No secret is in the file: that of a password is named.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import Refused
from ledger.home import Home

FILE = "posta.toml"
WAIT = 30  # seconds that a server has to answer

Indirizzo = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+$")]
Testo = Annotated[str, Field(min_length=1)]


class Server(BaseModel):
    """A server that takes mail; `utente` and the file of the password where it asks for them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    host: Testo
    porta: int = Field(587, ge=1, le=65535)
    cifratura: Literal["starttls", "tls", "nessuna"] = "starttls"
    utente: Testo | None = None
    password_file: Testo | None = None

    @model_validator(mode="after")
    def _covered(self) -> Server:
        """A password is for a user, and does not travel in the clear."""
        if (self.utente is None) != (self.password_file is None) or (self.utente and self.cifratura == "nessuna"):
            raise ValueError("utente")
        return self


class Posta(BaseModel):
    """Who writes (`da`), to whom (`a`), by which server."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    da: Indirizzo
    a: Annotated[list[Indirizzo], Field(min_length=1)]
    server: Server | None = None


class Postino(Protocol):
    """Who takes a letter to a server. Raises OSError or smtplib.SMTPException."""

    def send(self, server: Server, password: str, letter: EmailMessage) -> None: ...


class PerSmtp:
    """By SMTP, with the certificates that this machine trusts."""

    def send(self, server: Server, password: str, letter: EmailMessage) -> None:
        import smtplib
        import ssl

        context = ssl.create_default_context()
        if server.cifratura == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.porta, timeout=WAIT, context=context)
        else:
            line = smtplib.SMTP(server.host, server.porta, timeout=WAIT)
        with line:
            if server.cifratura == "starttls":
                line.starttls(context=context)
            if server.utente:
                line.login(server.utente, password)
            line.send_message(letter)


def read(home: Home) -> Posta:
    """The settings of the home. Raises Refused when there are none (POSTA-001) or they are wrong (POSTA-002)."""
    path = home.path / FILE
    if not home.ports.disk.exists(path):
        raise Refused(
            "POSTA-001",
            f"Non so a chi scrivere: manca {path}.",
            f"Nobody to write to: there is no {path}.",
            hint_it="La forma del file è in docs/howto/morning.md.",
            hint_en="The form of the file is in docs/howto/morning.md.",
        )
    try:
        return Posta.model_validate(tomllib.loads(home.ports.disk.read(path).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _wrong(f"{path}: {'.'.join(map(str, first['loc']))}: {first['type']}") from error


def letter(posta: Posta, subject: str, text: str, html: str, *, at: datetime, token: str) -> EmailMessage:
    """A letter that says the same in text and in HTML; the same bytes for the same words, instant and token."""
    made = EmailMessage()
    made["From"], made["To"] = posta.da, ", ".join(posta.a)
    made["Subject"] = " ".join(subject.split())
    made["Date"] = at
    made["Message-ID"] = f"<{token}@{posta.da.rpartition('@')[2]}>"
    made.set_content(text, cte="base64")
    made.add_alternative(html, subtype="html", cte="base64")
    made.set_boundary(sha256(html.encode()).hexdigest()[:32])
    return made


def send(home: Home, posta: Posta, made: EmailMessage, postino: Postino) -> None:
    """Sends a letter. Raises Refused when there is no server to do it (POSTA-003), its password cannot be read
    (POSTA-004), or it did not take the letter (POSTA-005)."""
    import smtplib

    server = posta.server
    if server is None:
        raise Refused(
            "POSTA-003",
            f"In {home.path / FILE} non c'è un [server] a cui dare la lettera.",
            f"In {home.path / FILE} there is no [server] to give the letter to.",
            hint_it="Con --format eml la lettera si scrive, e si dà al programma di posta che c'è.",
            hint_en="With --format eml the letter is written, for the mail program there is.",
        )
    try:
        postino.send(server, _password(home, server), made)
    except (OSError, smtplib.SMTPException) as error:
        why = type(error).__name__ if isinstance(error, smtplib.SMTPAuthenticationError) else error
        raise Refused(
            "POSTA-005",
            f"{server.host}:{server.porta} non ha preso la lettera: {why}.",
            f"{server.host}:{server.porta} did not take the letter: {why}.",
            hint_it="Non è stata mandata: si può riprovare.",
            hint_en="It was not sent: it can be tried again.",
        ) from error


def _password(home: Home, server: Server) -> str:
    if server.password_file is None:
        return ""
    path = home.path / server.password_file
    try:
        return home.ports.disk.read(path).decode("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            "POSTA-004",
            f"La password del server di posta non si legge da {path}.",
            f"The password of the mail server cannot be read from {path}.",
        ) from error


def _wrong(why: str) -> Refused:
    return Refused(
        "POSTA-002",
        f"Le impostazioni della posta non vanno: {why}.",
        f"The settings of mail are wrong: {why}.",
        hint_it="La forma del file è in docs/howto/morning.md.",
        hint_en="The form of the file is in docs/howto/morning.md.",
    )
