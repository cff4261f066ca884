"""The page for people that is inside a bundle of evidence: plain text, in Italian or in English."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import day, euro, moment

if TYPE_CHECKING:
    from ledger.fascicolo import Fascicolo


def page(fascicolo: Fascicolo, lang: str) -> str:
    """The page, in "it" or "en"."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(fascicolo, Ctx(lang=lang)))


def _lines(fascicolo: Fascicolo, ctx: Ctx) -> Iterator[str]:
    azienda, distinta = fascicolo.azienda, fascicolo.distinta
    say = ctx.say
    yield from _titled(say(f"Prove della distinta {distinta.id}", f"Evidence of distinta {distinta.id}"), "=")
    yield f"{say('Azienda', 'Company')}: {azienda.nome} (SIA {azienda.sia}, {azienda.codice_fiscale})"
    yield f"{say('Supporto', 'Supporto')}: {distinta.flusso} {distinta.nome_supporto}, {day(distinta.data_creazione)}"
    yield f"{say('Banca', 'Bank')}: ABI {distinta.abi}"
    total = euro(distinta.totale, ctx.lang)
    yield say(
        f"Disposizioni: {distinta.numero_disposizioni}, totale {total} euro",
        f"Orders: {distinta.numero_disposizioni}, total {total} euro",
    )
    yield f"{say('Stato', 'State')}: {distinta.stato}"
    yield f"File: flusso/{fascicolo.nome}"
    yield f"SHA-256: {distinta.sha256}"
    yield ""
    yield from _titled(say("Firme", "Signatures"), "-")
    for firma in fascicolo.firme:
        at = moment(datetime.fromisoformat(firma["at"]))
        yield f"{at}  {firma['login']}, {say('peso', 'weight')} {firma['peso']}"
        yield f"    SHA-256 {firma['sha256']}"
        yield f"    {say('regole', 'rules')} {json.dumps(firma['regole'], sort_keys=True)}"
    yield ""
    yield from _titled(say("Che cosa è successo (ora di Roma)", "What happened (time of Rome)"), "-")
    for event in fascicolo.eventi:
        yield _step(event)
    yield ""
    yield from _titled(say("File ricevuti dalla banca", "Files received from the bank"), "-")
    yield from _received(fascicolo)
    yield ""
    yield from _titled(say("Come si verifica", "How to verify it"), "-")
    yield say(
        "Con il programma verifica.py e la chiave pubblica che l'azienda ha dato a suo tempo:",
        "With the program verifica.py, and the public key that the company gave in its time:",
    )
    yield f"    python verifica.py {say('PROVA.zip CHIAVE.txt', 'EVIDENCE.zip KEY.txt')}"
    yield f"    {fascicolo.checkpoint.riga}"


def _titled(title: str, rule: str) -> Iterator[str]:
    yield from (title, rule * len(title), "")


def _step(event: Mapping[str, Any]) -> str:
    """An event on a line: when, its number, on what, and what of its data a person wants."""
    dati = json.loads(event["dati"])
    change = f"{dati['evento']}: {dati['da'] or '-'} -> {dati['a']}" if "evento" in dati else event["tipo"]
    who = f" ({dati['chi']})" if "chi" in dati else f" ({dati['nome']})" if "nome" in dati else ""
    return f"{moment(datetime.fromisoformat(event['at']))}  {event['numero']}  {event['soggetto']}  {change}{who}"


def _received(fascicolo: Fascicolo) -> Iterator[str]:
    from ledger.fascicolo import received_name

    for numero, (nome, sha256) in enumerate(fascicolo.ricevuti, 1):
        yield f"{received_name(numero, sha256)}  {nome}"
        yield f"    SHA-256 {sha256}"
    if not fascicolo.ricevuti:
        yield "-"
