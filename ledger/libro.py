"""The libro firma: what awaits signatures, as one user sees it. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, select

from ledger import aziende, distinte, firme, poteri, utenti, visibili
from ledger.distinte import Disposizione, Distinta
from ledger.errors import Refused
from ledger.firme import Penna
from ledger.poteri import Quorum
from ledger.profilo import Funzione
from ledger.schema import DISPOSIZIONE, DISTINTA
from ledger.stati import ALLA_BANCA, GRUPPI, Stato
from ledger.utenti import ATTIVO, Utente

ATTESE = frozenset({Stato.INSERITA, Stato.DA_SPEDIRE, Stato.FIRMATA})
INVIATE = (*ALLA_BANCA, Stato.ELABORATA)  # not those that a bank refused: nobody was paid
PAGAMENTI = tuple(flusso for flusso, gruppo in GRUPPI.items() if gruppo == "PAGAMENTO")
NUOVO, CONTO, NOME = "nuovo", "conto", "nome"


@dataclass(frozen=True)
class Novita:
    """A beneficiary not seen in a payment sent before: `motivo` is nuovo (neither name nor account were), conto (that
    name had other accounts) or nome (that account had other names)."""

    controparte: str
    conto: str | None
    motivo: str


@dataclass(frozen=True)
class Voce:
    """A distinta that is not signed enough.

    `scadenze` are the first and the last value date of its orders, `firme` the weights given by login, `bastano` the
    sets of people who would complete it, `peso` what the reader's signature would weigh, `rifiuto` why they cannot
    sign (and then it weighs nothing), None when they can.
    """

    distinta: Distinta
    scadenze: tuple[date | None, date | None]
    firme: Mapping[str, int]
    bastano: tuple[Quorum, ...]
    peso: int
    rifiuto: Refused | None
    novita: tuple[Novita, ...]

    @property
    def manca(self) -> int:
        """What is missing to 100."""
        return max(0, distinte.SOGLIA - self.distinta.firmato)


@dataclass(frozen=True)
class Attesa:
    """A distinta that is not signed enough, whoever looks: the weights given by login, the sets of people who would
    complete it, the first of its due dates."""

    distinta: Distinta
    firme: Mapping[str, int]
    bastano: tuple[Quorum, ...]
    scadenza: date | None

    @property
    def chi(self) -> list[str]:
        """Whoever is in one of those sets."""
        return sorted({login for each in self.bastano for login in each})


@dataclass(frozen=True)
class Libro:
    """What a user has in front of them (`voci`), and what they would sign with."""

    penna: Penna
    voci: tuple[Voce, ...]

    @property
    def residui(self) -> dict[str, int]:
        """Cents still to be signed below each threshold of the user's power, by period."""
        return poteri.left(self.penna.potere, self.penna.firmato)

    @property
    def firmabili(self) -> list[Voce]:
        """Those that the user can sign now."""
        return [voce for voce in self.voci if voce.rifiuto is None]


def read(conn: Connection, utente: Utente, at: datetime) -> Libro:
    """The libro firma of a user at an instant."""
    penne = _pens(conn, utente.azienda_id, at)
    mia, noti = firme.pen(conn, utente, at), _known(conn, utente.azienda_id)
    found = distinte.list_(conn, azienda_id=utente.azienda_id)
    mine = (each for each in found if visibili.sees(conn, utente.profilo, each.id))
    waiting = (each for each in mine if each.stato in ATTESE and not each.completa)
    return Libro(mia, tuple(_voce(conn, each, mia, penne, noti) for each in waiting))


def awaited(conn: Connection, azienda_id: int, at: datetime) -> Iterator[Attesa]:
    """What awaits signatures in a company at an instant, in order of state and id."""
    penne, opzioni = _pens(conn, azienda_id, at), aziende.options(conn, azienda_id)
    for stato in sorted(ATTESE):
        for each in distinte.list_(conn, azienda_id=azienda_id, stato=stato):
            if not each.completa:
                given, bastano = _completed_by(conn, each, penne, opzioni)
                yield Attesa(each, given, bastano, distinte.due_dates(conn, each.id)[0])


def _pens(conn: Connection, azienda_id: int, at: datetime) -> dict[str, Penna]:
    """What each of those who may sign would sign with."""
    users = utenti.list_(conn, azienda_id)
    active = [each for each in users if each.stato == ATTIVO and each.can(Funzione.SIGN)]
    return {each.login: firme.pen(conn, each, at) for each in active}


def _completed_by(
    conn: Connection, distinta: Distinta, penne: Mapping[str, Penna], opzioni: Mapping[str, str]
) -> tuple[Mapping[str, int], tuple[Quorum, ...]]:
    """The weights given, and the sets of people who would complete a distinta."""
    given = firme.given(conn, distinta.id)
    able = {login: penna for login, penna in penne.items() if visibili.sees(conn, penna.utente.profilo, distinta.id)}
    others = {login: penna.weigh(distinta).peso for login, penna in able.items() if login not in given}
    return given, tuple(poteri.quorums(given, others, firme.not_alone(conn, distinta.id, opzioni)))


def _voce(conn: Connection, distinta: Distinta, mia: Penna, penne: Mapping[str, Penna], noti: _Noti) -> Voce:
    given, bastano = _completed_by(conn, distinta, penne, mia.opzioni)
    paid = distinte.orders(conn, distinta.id) if distinta.flusso in PAGAMENTI else iter(())
    return Voce(
        distinta,
        distinte.due_dates(conn, distinta.id),
        given,
        bastano,
        *_mine(conn, distinta, mia),
        tuple(dict.fromkeys(noti.news(paid))),
    )


def _mine(conn: Connection, distinta: Distinta, penna: Penna) -> tuple[int, Refused | None]:
    try:
        return firme.judge(conn, distinta, penna).peso, None
    except Refused as error:
        return 0, error


@dataclass
class _Noti:
    """The accounts that each name was paid on, and the accounts there are."""

    conti: dict[str, set[str | None]] = field(default_factory=dict)

    def news(self, paid: Iterator[Disposizione]) -> Iterator[Novita]:
        every = set().union(*self.conti.values())
        for ordine in paid:
            nome, conto = _name(ordine.controparte), _account(ordine.abi, ordine.cab, ordine.conto)
            mine = self.conti.get(nome)
            if mine is None:
                yield Novita(nome, ordine.conto, NOME if conto in every and conto is not None else NUOVO)
            elif conto not in mine:
                yield Novita(nome, ordine.conto, CONTO)


def _known(conn: Connection, azienda_id: int) -> _Noti:
    columns = (DISPOSIZIONE.c.controparte, DISPOSIZIONE.c.abi, DISPOSIZIONE.c.cab, DISPOSIZIONE.c.conto)
    query = select(*columns).join(DISTINTA, DISTINTA.c.id == DISPOSIZIONE.c.distinta_id).distinct()
    sent = (DISTINTA.c.azienda_id == azienda_id, DISTINTA.c.flusso.in_(PAGAMENTI), DISTINTA.c.stato.in_(INVIATE))
    noti = _Noti()
    for row in conn.execute(query.where(*sent)):
        noti.conti.setdefault(_name(row.controparte), set()).add(_account(row.abi, row.cab, row.conto))
    return noti


def _name(controparte: str) -> str:
    """A name as it is compared: capitals and blanks make no difference."""
    return " ".join(controparte.upper().split())


def _account(abi: str | None, cab: str | None, conto: str | None) -> str | None:
    """An account as it is compared; None for who is paid without one, by cheque."""
    return None if conto is None else f"{abi}{cab}{conto}"
