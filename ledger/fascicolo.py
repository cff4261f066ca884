"""The evidence of one distinta, for who was not there: what left, who signed it under which rules, what the bank
answered, and the part of the journal that says so; sealed, and the same bytes as long as nothing new happens.

    flusso/NOME             the exact bytes that left, or that were to leave
    ricevuti/NNN-DIGEST     the files of the bank that moved the distinta or its orders, as they came
    firme.json              the signatures, each with what it covers and the rules in force
    eventi.ndjson           the events of the distinta, of its orders and of those files, as `esporta` writes them
    catena.txt              number and hash of every event, from the first of those to that of the checkpoint
    checkpoint.txt          a checkpoint at or after the last of those events
    chiavi.txt              the public keys of the home
    manifesto.txt           SHA-256 of all of the above and of the pages for people, as sha256sum writes them
    manifesto.firma         the seal of the manifest (see `checkpoint`)

What the links between two events are is said by the seal: who wants to see it for themselves needs the whole journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import Connection, select

from ledger import archivio, aziende, checkpoint, distinte, journal, sigilli, verifica
from ledger.aziende import Azienda
from ledger.canonico import canonical
from ledger.checkpoint import Checkpoint
from ledger.distinte import Distinta
from ledger.errors import Refused
from ledger.home import Home
from ledger.schema import FIRMA, UTENTE

MOST_FILES = 1000
LARGEST = 256 * 1024 * 1024  # bytes of all the files of a bundle together
RICEVUTO = "file_ricevuto"
EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip has no earlier day, and the bytes must not tell when it was made


@dataclass(frozen=True)
class Fascicolo:
    """What there is to prove of a distinta. `eventi` are its events, as `journal.events` gives them; `catena` number
    and hash from the first of them to the checkpoint's; `ricevuti` names and digests of the bank's files."""

    azienda: Azienda
    distinta: Distinta
    nome: str
    firme: list[dict[str, Any]]
    eventi: list[dict[str, Any]]
    catena: list[tuple[int, str]]
    ricevuti: list[tuple[str, str]]
    checkpoint: Checkpoint


def collect(home: Home, distinta_id: int) -> Fascicolo:
    """Gather the evidence of a distinta; a checkpoint is taken when none comes after its last event.

    Raises Refused when there is no such distinta (DISTINTA-001), the journal does not hold (FASCICOLO-001), there are
    too many files (FASCICOLO-002), or as `verifica.verify` and `sigilli.take` do.
    """
    with home.read() as conn:
        distinta = distinte.get(conn, distinta_id)
        azienda = aziende.get(conn, distinta.azienda_id)
        last = _chosen(conn, distinta)[-1]["numero"]
    (verdetto,) = verifica.verify(home, sia=azienda.sia)
    if not verdetto.sound:
        raise Refused(
            "FASCICOLO-001",
            f"Il giornale di {azienda.sia} è stato alterato: non prova nulla.",
            f"The journal of {azienda.sia} was altered: it proves nothing.",
            hint_it="Che cosa non torna: cbi audit verify",
            hint_en="What is wrong: cbi audit verify",
        )
    if verdetto.garantiti < last:
        sigilli.take(home, azienda)
    proof = next(each for each in sigilli.stored(home, azienda.sia) if each.numero >= last)
    with home.read() as conn:
        eventi = [event for event in _chosen(conn, distinta) if event["numero"] <= proof.numero]
        return Fascicolo(
            azienda,
            distinta,
            _file_name(distinta, eventi),
            _signatures(conn, distinta_id),
            eventi,
            _links(conn, azienda.id, eventi[0]["numero"], proof.numero),
            _received(eventi),
            proof,
        )


def bundle(home: Home, fascicolo: Fascicolo, pages: Mapping[str, str]) -> bytes:
    """The zip, with pages for people by name.

    Raises Refused when the bytes are not those stored any more (ARCHIVIO-001, ARCHIVIO-002) or are too many
    (FASCICOLO-002).
    """
    keys = map(checkpoint.key_line, sigilli.public_keys(home).values())
    files = {
        f"flusso/{fascicolo.nome}": archivio.load(home, fascicolo.distinta.sha256),
        "firme.json": _text([json.dumps(fascicolo.firme, sort_keys=True, ensure_ascii=False, indent=1)]),
        "eventi.ndjson": _text(map(canonical, fascicolo.eventi)),
        "catena.txt": _text(f"{numero} {hashed}" for numero, hashed in fascicolo.catena),
        "checkpoint.txt": _text([fascicolo.checkpoint.riga]),
        "chiavi.txt": _text(keys),
        **{name: text.encode() for name, text in pages.items()},
    }
    size = sum(map(len, files.values()))
    for numero, (_nome, sha256) in enumerate(fascicolo.ricevuti, 1):
        files[received_name(numero, sha256)] = data = archivio.load(home, sha256)
        size += len(data)
        if size > LARGEST:
            raise _too_much(f"{LARGEST // 1024**2} MiB")
    manifest = _text(f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in sorted(files))
    sealed = {"manifesto.txt": manifest, "manifesto.firma": _text([sigilli.seal(home, manifest)])}
    return _zipped({**files, **sealed})


def received_name(numero: int, sha256: str) -> str:
    """Under what name a file of the bank is in the bundle."""
    return f"ricevuti/{numero:03}-{sha256[:16]}"


def _chosen(conn: Connection, distinta: Distinta) -> list[dict[str, Any]]:
    """The events of a distinta, of its orders, and of the files that moved them: those are told after what they did."""
    own = {f"disposizione:{order.id}" for order in distinte.orders(conn, distinta.id)} | {f"distinta:{distinta.id}"}
    chosen, awaited = [], set[str]()
    for event in journal.events(conn, distinta.azienda_id):
        if event["soggetto"] in own:
            chosen.append(event)
            awaited.add(json.loads(event["dati"]).get("dati", {}).get("file", ""))
        elif event["tipo"] == RICEVUTO and json.loads(event["dati"])["nome"] in awaited:
            chosen.append(event)
            awaited.discard(json.loads(event["dati"])["nome"])
    return chosen


def _received(eventi: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    told = [json.loads(event["dati"]) for event in eventi if event["tipo"] == RICEVUTO]
    found = list({each["sha256"]: (each["nome"], each["sha256"]) for each in told}.values())
    if len(found) > MOST_FILES:
        raise _too_much(f"{MOST_FILES} file")
    return found


def _file_name(distinta: Distinta, eventi: Iterable[Mapping[str, Any]]) -> str:
    sent = [json.loads(event["dati"])["file"] for event in eventi if event["tipo"] == "inoltro_compiuto"]
    return str(sent[-1]) if sent else f"{distinta.sha256[:16]}.cbi"


def _signatures(conn: Connection, distinta_id: int) -> list[dict[str, Any]]:
    covered = (FIRMA.c.sha256, FIRMA.c.numero_disposizioni, FIRMA.c.totale, FIRMA.c.peso, FIRMA.c.regole, FIRMA.c.at)
    query = select(UTENTE.c.login, *covered).join(UTENTE, UTENTE.c.id == FIRMA.c.utente_id)
    rows = conn.execute(query.where(FIRMA.c.distinta_id == distinta_id).order_by(FIRMA.c.id))
    plain = json.loads(canonical([{**row._mapping, "regole": json.loads(row.regole)} for row in rows]))
    return list(plain)


def _links(conn: Connection, azienda_id: int, first: int, last: int) -> list[tuple[int, str]]:
    events = journal.events(conn, azienda_id)
    return [(event["numero"], event["hash"]) for event in events if first <= event["numero"] <= last]


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Not compressed: the bytes would be those of the library of the day."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as bundle:
        for name in sorted(files):
            info = ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16  # the same whatever machine makes it
            bundle.writestr(info, files[name])
    return out.getvalue()


def _too_much(limit: str) -> Refused:
    return Refused(
        "FASCICOLO-002",
        f"Il fascicolo supera il limite di {limit}.",
        f"The bundle is over the limit of {limit}.",
        hint_it="Consegnare una copia della cartella dell'archivio, con il giornale esportato: cbi audit export",
        hint_en="Hand over a copy of the home folder, with the exported journal: cbi audit export",
    )
