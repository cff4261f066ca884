"""What a bank says of a whole flow: received (CN frame or `.ack` sidecar), or refused (ER frame) with its
codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from cbi import Supporto
from ledger import distinte, intenti, outcomes
from ledger.outcomes import APPLICATO, ECCEZIONE_, GIA_APPLICATO
from ledger.ports import Ports
from ledger.stati import Evento, Stato, di_distinta
from reconcile.codici_er import codes_in
from reconcile.conto import Arrivo


def receipt(conn: Connection, ports: Ports, arrivo: Arrivo, distinta_id: int) -> str:
    """The bank has the flow: Ricevuta Banca. Returns the verdict: applicato, gia_applicato or eccezione."""
    return _say(conn, ports, arrivo, distinta_id, Evento.RICEVI, {})


def confirm(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto) -> str:
    """A CN frame: the flow that it names by nome supporto is received. Returns the verdict."""
    return _by_name(conn, ports, arrivo, supporto, Evento.RICEVI, {})


def reject(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto) -> str:
    """An ER frame: the flow that it names is Scartata, with the codes found and the lines as they came.
    Returns the verdict."""
    dati = {"codici": refusal_codes(supporto), "righe": _lines(supporto)}
    return _by_name(conn, ports, arrivo, supporto, Evento.SCARTA, dati)


def unexplained(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto) -> str:
    """A frame whose body no public document explains (A4: F24 accepted or refused): an exception of the distinta that
    it names, with the lines as they came, for a person to read. Returns the verdict."""
    name = supporto.identita[3]
    distinta = distinte.find_by_supporto(conn, arrivo.azienda_id, arrivo.abi, name)
    motivo = "supporto_sconosciuto" if distinta is None else "corpo_non_noto"
    dati = {"supporto": name, "tipo": supporto.tipo, "righe": _lines(supporto)}
    _exception(conn, ports, arrivo, motivo, None if distinta is None else distinta.id, dati)
    return ECCEZIONE_


def refusal_codes(supporto: Supporto) -> list[str]:
    """The diagnostic codes in the body of an ER frame (see `codici_er`)."""
    return codes_in(_body(supporto))


def _lines(supporto: Supporto) -> list[str]:
    return [line.decode("latin-1").rstrip() for line in _body(supporto)]


def _body(supporto: Supporto) -> list[bytes]:
    return [record.raw for ordine in supporto.ordini for record in ordine.records]


def _by_name(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    supporto: Supporto,
    evento: Evento,
    dati: Mapping[str, Any],
) -> str:
    _, _, created, name = supporto.identita
    # Of a refused flow sent again under its name a late receipt may be of the first: it is older than the second.
    sent = intenti.last_sent(conn, arrivo.azienda_id, arrivo.abi, name, created)
    if sent is not None:
        return _say(conn, ports, arrivo, sent, evento, dati)
    distinta = distinte.find_by_supporto(conn, arrivo.azienda_id, arrivo.abi, name)
    if distinta is not None:
        return _say(conn, ports, arrivo, distinta.id, evento, dati)
    _exception(conn, ports, arrivo, "supporto_sconosciuto", None, {"supporto": name, "tipo": supporto.tipo, **dati})
    return ECCEZIONE_


def _say(
    conn: Connection, ports: Ports, arrivo: Arrivo, distinta_id: int, evento: Evento, dati: Mapping[str, Any]
) -> str:
    distinta = distinte.get(conn, distinta_id)
    stato, target = distinta.stato, di_distinta(distinta.flusso).get((distinta.stato, evento))
    if target is stato:
        return GIA_APPLICATO
    if target is None or (stato is Stato.ELABORATA and not outcomes.presumed(conn, distinta_id)):
        _exception(conn, ports, arrivo, "ricevuta_contraria", distinta_id, {"stato": stato, "evento": evento, **dati})
        return ECCEZIONE_
    chi = f"banca {arrivo.abi}"
    distinte.apply(
        conn, ports, distinta_id, evento, chi=chi, dati={"file": arrivo.nome_file, "file_id": arrivo.file_id, **dati}
    )
    if evento is Evento.SCARTA:
        distinte.give_up_recall(conn, ports, distinta_id, chi=f"banca {arrivo.abi}")
    return APPLICATO


def _exception(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    motivo: str,
    distinta_id: int | None,
    dati: Mapping[str, Any],
) -> None:
    outcomes.add_eccezione(
        conn,
        ports,
        azienda=arrivo.azienda_id,
        file_id=arrivo.file_id,
        distinta_id=distinta_id,
        motivo=motivo,
        dati=dati,
    )
