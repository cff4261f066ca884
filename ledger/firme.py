"""What people do to a distinta: accept its doubles, sign it, refuse it, take the signatures off it.

A signature covers the SHA-256 of the exact bytes that leave, their number of orders and their total; change
any of them and it no longer counts (see `distinte.Distinta.firmato`). What it weighs is told by the power of who
signs (`ledger.poteri`) and the options of the company.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ledger import aziende, distinte, intenti, poteri
from ledger.aziende import ABITUDINE_PORTALE, QUATTRO_OCCHI, SI
from ledger.canonico import canonical
from ledger.distinte import SOGLIA, Distinta
from ledger.errors import Refused, euro
from ledger.home import Home
from ledger.poteri import NESSUNO, Firmato, Peso, Potere
from ledger.profilo import Funzione
from ledger.schema import DISTINTA, FIRMA
from ledger.stati import GRUPPI, Evento, Stato, di_distinta, next_state
from ledger.utenti import Segreto, Utente
from ledger.varco import Mandato, varco_di, varco_senza_password

REGOLE_VERSION = 2
DI_ABITUDINE = frozenset({"AL", "BOLLETTINO", "MESSAGGIO"})
"""The groups of kinds to which `abitudine_portale` applies: what they hold moves no money by itself."""
PERIODI = {
    "distinta": ("della distinta", "of a distinta"),
    "giorno": ("del giorno", "of the day"),
    "mese": ("del mese", "of the month"),
}
_KEY = ("distinta_id", "utente_id", "revisione")
_MINE = select(FIRMA.c.id).where(*(FIRMA.c[name] == bindparam(name) for name in _KEY))  # asked at every signature
_SIGN = FIRMA.insert().returning(FIRMA.c.id)


@dataclass(frozen=True)
class SignResult:
    """What a signature led to: the weight reached, whether it is enough, and what is missing to 100."""

    total_weight: int
    complete: bool
    missing: int


@dataclass(frozen=True)
class DaFirmare:
    """A distinta as it is before it is signed, and whether a signature on it asks for a `password`."""

    distinta: Distinta
    password: bool


@dataclass(frozen=True)
class Penna:
    """A user about to sign: their power, what they have signed today and this month, the options of the company."""

    utente: Utente
    potere: Potere
    firmato: Firmato
    opzioni: Mapping[str, str]

    def weigh(self, distinta: Distinta) -> Peso:
        """What their signature weighs on a distinta that they have not signed."""
        if of_habit(distinta, self.opzioni):
            return Peso(SOGLIA)
        return poteri.weigh(self.potere, distinta.totale, self.firmato.giorno, self.firmato.mese)

    def regole(self, peso: Peso) -> dict[str, Any]:
        """The rules by which a signature weighs that, as they are kept with it."""
        return {
            "versione": REGOLE_VERSION,
            "soglia": SOGLIA,
            "peso": peso.peso,
            "superate": peso.superate,
            "potere": self.potere.dati,
            "firmato": {"giorno": self.firmato.giorno, "mese": self.firmato.mese},
            "opzioni": self.opzioni,
        }


def pen(conn: Connection, utente: Utente, at: datetime) -> Penna:
    """What a user would sign with at an instant."""
    potere, firmato = poteri.of(conn, utente.id), poteri.signed(conn, utente.id, at)
    return Penna(utente, potere, firmato, aziende.options(conn, utente.azienda_id))


def of_habit(distinta: Distinta, opzioni: Mapping[str, str]) -> bool:
    """Whether a company signs a distinta as bank portals do: always 100, no password."""
    return opzioni[ABITUDINE_PORTALE] == SI and GRUPPI[distinta.flusso] in DI_ABITUDINE


def about_to(home: Home, distinta_id: int) -> DaFirmare:
    """What whoever is about to sign a distinta is shown. Refused (DISTINTA-001) when there is no such distinta."""
    with home.read() as conn:
        distinta = distinte.get(conn, distinta_id)
        return DaFirmare(distinta, not of_habit(distinta, aziende.options(conn, distinta.azienda_id)))


def sign(
    home: Home,
    distinta_id: int,
    utente: str,
    password: Segreto | None,
    *,
    vista: str | None = None,
    dry_run: bool = False,
) -> SignResult:
    """Sign a distinta as the user of that login, proved by the password; with `dry_run` only say what would
    come of it. No password is for what does not need one; `vista` is the SHA-256 of the bytes that the user was shown.

    Everything is looked at, and the signature recorded, in one transaction. Raises Refused when there is
    no such distinta (DISTINTA-001), the gate stays shut (UTENTE-005 to UTENTE-011), a password is needed (FIRMA-008),
    the bytes are not those shown (FIRMA-009), as `judge` does, or when bytes or orders are not those imported
    (ARCHIVIO-001, ARCHIVIO-002, FIRMA-004).
    """
    with _gate(home, distinta_id, utente, password, dry_run) as lavoro:
        conn, at = lavoro.conn, lavoro.ports.clock.now()
        penna = pen(conn, lavoro.utente, at)
        distinta = distinte.get(conn, distinta_id)
        if password is None:
            _require_habit(distinta, penna.opzioni)
        if vista is not None and vista != distinta.sha256:
            raise _changed(distinta)
        peso = judge(conn, distinta, penna)
        _require_untouched(home, conn, distinta)
        _record(lavoro, distinta, penna, peso, at)
        signed = distinte.get(conn, distinta_id)
    return SignResult(signed.firmato, signed.completa, max(0, SOGLIA - signed.firmato))


def approve(home: Home, distinta_id: int, utente: str, password: Segreto, *, dry_run: bool = False) -> Stato:
    """Let a distinta that waits because of orders seen before go on to the signatures, in the name of a user;
    with `dry_run` only say what would come of it.

    Raises Refused as `sign` does for the user and the state.
    """
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.COMPOSE, dry_run=dry_run) as lavoro:
        dati = {"doppi": len(distinte.doubles(lavoro.conn, distinta_id))}
        return distinte.apply(lavoro.conn, lavoro.ports, distinta_id, Evento.CONVALIDA, chi=lavoro.chi, dati=dati)


def refuse(
    home: Home, distinta_id: int, motivo: str, utente: str, password: Segreto, *, dry_run: bool = False
) -> Stato:
    """Send a distinta that awaits signatures back, in the name of a user and with the reason: it is Inserita, and the
    signatures given count no more. It can be changed, thrown away, or let go on as it is (`approve`).

    Raises Refused when the reason is blank (FIRMA-007), the distinta is about to leave (DISTINTA-003), and as `sign`
    does for the user and the state.
    """
    if not motivo.strip():
        raise Refused(
            "FIRMA-007",
            "Manca il motivo.",
            "The reason is missing.",
            hint_it="Chi ha preparato la distinta deve sapere che cosa correggere.",
            hint_en="Whoever prepared the distinta has to know what to correct.",
        )
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.SIGN, dry_run=dry_run) as lavoro:
        return _void(lavoro, distinta_id, Evento.RESPINGI, motivo=motivo.strip())


def zero(home: Home, distinta_id: int, utente: str, password: Segreto, *, dry_run: bool = False) -> Stato:
    """Take off a distinta the signatures given, in the name of a user: it awaits all of them again.

    Raises Refused when the distinta is about to leave (DISTINTA-003), and as `sign` does for the user and the state.
    """
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.SIGN, dry_run=dry_run) as lavoro:
        return _void(lavoro, distinta_id, Evento.AZZERA)


def judge(conn: Connection, distinta: Distinta, penna: Penna) -> Peso:
    """What a signature weighs now, if it may be given at all.

    Raises Refused when the state does not allow it (STATO-001), the signatures are already enough (FIRMA-002), the
    user has signed before (FIRMA-003), the signature would weigh nothing (FIRMA-005), or who made the distinta would be
    the only one to sign it, and the company does not want that (FIRMA-006).
    """
    next_state(di_distinta(distinta.flusso), distinta.stato, Evento.FIRMA)
    _require_room(conn, distinta, penna.utente)
    peso = penna.weigh(distinta)
    if peso.peso == 0:
        raise _weightless(distinta, penna, peso)
    pesi = {**given(conn, distinta.id), penna.utente.login: peso.peso}
    if sum(pesi.values()) >= SOGLIA and not poteri.enough(pesi, not_alone(conn, distinta.id, penna.opzioni)):
        raise _alone(distinta, penna.utente.login)
    return peso


def given(conn: Connection, distinta_id: int) -> dict[str, int]:
    """The signatures on a distinta that hold: login and weight."""
    return {row.login: row.peso for row in distinte.signatures(conn, distinta_id) if row.vale}


def not_alone(conn: Connection, distinta_id: int, opzioni: Mapping[str, str]) -> set[str]:
    """The logins that may not be alone to sign a distinta: where the company wants four eyes, of those who made it."""
    return distinte.makers(conn, distinta_id) if opzioni[QUATTRO_OCCHI] == SI else set()


def _void(lavoro: Mandato, distinta_id: int, evento: Evento, **dati: str) -> Stato:
    conn, revisione = lavoro.conn, distinte.get(lavoro.conn, distinta_id).revisione + 1
    intenti.require_not_leaving(conn, distinta_id)
    why = {"revisione": revisione, "annullate": list(given(conn, distinta_id)), **dati}
    conn.execute(DISTINTA.update().where(DISTINTA.c.id == distinta_id).values(revisione=revisione))
    return distinte.apply(conn, lavoro.ports, distinta_id, evento, chi=lavoro.chi, dati=why)


def _gate(
    home: Home, distinta_id: int, utente: str, password: Segreto | None, dry_run: bool
) -> AbstractContextManager[Mandato]:
    if password is None:
        return varco_senza_password(home, distinta_id, utente, funzione=Funzione.SIGN, dry_run=dry_run)
    return varco_di(home, distinta_id, utente, password, funzione=Funzione.SIGN, dry_run=dry_run)


def _require_habit(distinta: Distinta, opzioni: Mapping[str, str]) -> None:
    if not of_habit(distinta, opzioni):
        raise Refused(
            "FIRMA-008",
            f"Per firmare la distinta {distinta.id} serve la password.",
            f"A password is needed to sign distinta {distinta.id}.",
        )


def _changed(distinta: Distinta) -> Refused:
    return Refused(
        "FIRMA-009",
        f"La distinta {distinta.id} è cambiata mentre stavi firmando: non è stata firmata.",
        f"Distinta {distinta.id} changed while you were signing: it was not signed.",
        hint_it=f"Guarda com'è adesso, poi firma: cbi distinte show {distinta.id}",
        hint_en=f"Look at it as it is now, then sign: cbi distinte show {distinta.id}",
    )


def _require_room(conn: Connection, distinta: Distinta, firmatario: Utente) -> None:
    if distinta.completa:
        raise Refused(
            "FIRMA-002",
            f"La distinta {distinta.id} ha già tutte le firme che servono.",
            f"Distinta {distinta.id} already has all the signatures it needs.",
        )
    mine = {"distinta_id": distinta.id, "utente_id": firmatario.id, "revisione": distinta.revisione}
    if conn.scalar(_MINE, mine) is not None:
        raise Refused(
            "FIRMA-003",
            f"{firmatario.login} ha già firmato la distinta {distinta.id}.",
            f"{firmatario.login} has already signed distinta {distinta.id}.",
            hint_it="Serve la firma di un'altra persona.",
            hint_en="Another person's signature is needed.",
        )


def _weightless(distinta: Distinta, penna: Penna, peso: Peso) -> Refused:
    login, soglie = penna.utente.login, dict(penna.potere.soglie)
    it, en = f"{login} non ha potere di firma.", f"{login} has no power of signature."
    if penna.potere != NESSUNO:
        periodo = next(each for each in peso.superate if soglie[each].peso == 0)
        (nome_it, nome_en), importo = PERIODI[periodo], soglie[periodo].importo
        it = f"Con la distinta {distinta.id} {login} supera la soglia {nome_it} ({euro(importo, 'it')}): non firma."
        en = f"With distinta {distinta.id} {login} exceeds the threshold {nome_en} ({euro(importo, 'en')}): not signed."
    return Refused(
        "FIRMA-005",
        it,
        en,
        hint_it="Serve la firma di altre persone.",
        hint_en="Other people's signatures are needed.",
    )


def _alone(distinta: Distinta, login: str) -> Refused:
    return Refused(
        "FIRMA-006",
        f"La distinta {distinta.id} è stata fatta da {login}, che non può essere il solo a firmarla.",
        f"Distinta {distinta.id} was made by {login}, who may not be the only one to sign it.",
        hint_it="Prima deve firmare un'altra persona: l'azienda vuole quattro occhi.",
        hint_en="Another person has to sign first: the company wants four eyes.",
    )


def _require_untouched(home: Home, conn: Connection, distinta: Distinta) -> None:
    data = distinte.payload(home, conn, distinta.id)
    orders = list(distinte.orders(conn, distinta.id))
    here = _covered(distinta)
    counted = {**here, "numero_disposizioni": len(orders), "totale": sum(order.importo for order in orders)}
    inside = b"".join(order.raw for order in orders) in data
    if not inside or not here == counted == distinte.composed(conn, distinta.id):
        raise Refused(
            "FIRMA-004",
            f"La distinta {distinta.id} non è più quella registrata: i dati in archivio sono stati alterati.",
            f"Distinta {distinta.id} is not the one recorded any more: the data kept were altered.",
            hint_it="Non firmare: avvisare chi amministra l'archivio e importare di nuovo il file.",
            hint_en="Do not sign: tell whoever administers this home, and import the file again.",
        )


def _covered(distinta: Distinta) -> dict[str, str | int]:
    return {
        "sha256": distinta.sha256,
        "numero_disposizioni": distinta.numero_disposizioni,
        "totale": distinta.totale,
    }


def _record(lavoro: Mandato, distinta: Distinta, penna: Penna, peso: Peso, at: datetime) -> None:
    covered = {**_covered(distinta), "revisione": distinta.revisione}
    regole, firmatario = penna.regole(peso), penna.utente
    row = {"distinta_id": distinta.id, "utente_id": firmatario.id, "peso": peso.peso, "at": at, **covered}
    kept = lavoro.conn.execute(_SIGN, {**row, "regole": canonical(regole)})
    firma_id = int(kept.scalar_one())
    distinte.apply(
        lavoro.conn,
        lavoro.ports,
        distinta.id,
        Evento.FIRMA,
        chi=lavoro.chi,
        dati={**covered, "regole": regole, "firma": {"id": firma_id, "utente_id": firmatario.id, "at": at}},
    )
