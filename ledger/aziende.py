"""Companies, their banks and their accounts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, bindparam, select

from ledger import journal
from ledger.errors import Refused
from ledger.ports import Ports
from ledger.schema import AZIENDA, BANCA, CONTO, OPZIONE

_SIA = re.compile(r"[A-Z0-9]{5}")
PROPRIA, GESTITA = "propria", "gestita"
_ABI = re.compile(r"[0-9]{5}")

ABITUDINE_PORTALE, QUATTRO_OCCHI = "abitudine_portale", "quattro_occhi"
ABBINA_PROBABILI = "abbina_probabili"
NO, SI = "no", "si"
OPZIONI: Mapping[str, tuple[str, ...]] = {
    ABITUDINE_PORTALE: (NO, SI),  # AL, SL and bollettini: a signature weighs 100 and asks no password
    QUATTRO_OCCHI: (NO, SI),  # who made a distinta may not be the only one to sign it
    ABBINA_PROBABILI: (NO, SI),  # outcomes are applied to the order that they are most like, without a person
}
"""The options of a company: the values of each, first the one that holds until another is set."""
# Asked at every step: made once.
_BANCA = select(BANCA.c.id).where(BANCA.c.azienda_id == bindparam("azienda_id"), BANCA.c.abi == bindparam("abi"))
_OPTIONS = select(OPZIONE.c.nome, OPZIONE.c.valore).where(OPZIONE.c.azienda_id == bindparam("azienda_id"))


@dataclass(frozen=True)
class Azienda:
    """A company, known to the banks by its SIA code (5 letters or digits); `natura` tells whether it is one's own
    (propria) or a customer's (gestita)."""

    id: int
    sia: str
    nome: str
    codice_fiscale: str
    natura: str = PROPRIA


def create(conn: Connection, ports: Ports, *, sia: str, nome: str, codice_fiscale: str, natura: str = PROPRIA) -> int:
    """Register a company; returns its id.

    Raises Refused when the SIA has not its shape (AZIENDA-001), the codice fiscale or partita IVA does not
    hold (AZIENDA-002), the name is blank (AZIENDA-003) or the SIA is taken (AZIENDA-004).
    """
    check(sia=sia, nome=nome, codice_fiscale=codice_fiscale)
    if conn.scalar(select(AZIENDA.c.id).where(AZIENDA.c.sia == sia)) is not None:
        raise Refused(
            "AZIENDA-004",
            f"L'azienda con codice SIA {sia} c'è già.",
            f"The company with SIA code {sia} is already there.",
        )
    at = ports.clock.now()
    values = {"sia": sia, "nome": nome.strip(), "codice_fiscale": codice_fiscale, "natura": natura}
    azienda_id = int(conn.execute(AZIENDA.insert().values(**values, at=at).returning(AZIENDA.c.id)).scalar_one())
    journal.append(conn, azienda_id=azienda_id, tipo="azienda_creata", soggetto=f"azienda:{sia}", dati=values, at=at)
    return azienda_id


def check(*, sia: str, nome: str, codice_fiscale: str) -> None:
    """Refused as in `create`, for what can be said without looking at the others."""
    from stdnum.it import codicefiscale, iva

    if not _SIA.fullmatch(sia):
        raise Refused(
            "AZIENDA-001",
            f"Il codice SIA «{sia}» non è di cinque lettere maiuscole o cifre.",
            f'The SIA code "{sia}" is not five capital letters or digits.',
            hint_it="È il codice che la banca assegna all'attivazione del CBI, ad esempio A1B2C.",
            hint_en="It is the code given by the bank when CBI was activated, for example A1B2C.",
        )
    if not (codicefiscale.is_valid(codice_fiscale) or iva.is_valid(codice_fiscale)):
        raise Refused(
            "AZIENDA-002",
            f"Il codice fiscale o la partita IVA «{codice_fiscale}» non supera il controllo.",
            f'The codice fiscale or partita IVA "{codice_fiscale}" does not pass its check.',
        )
    if not nome.strip():
        raise Refused("AZIENDA-003", "Manca il nome dell'azienda.", "The name of the company is missing.")


def add_banca(conn: Connection, ports: Ports, azienda_id: int, abi: str, nome: str) -> None:
    """Register a bank of the company, unless it is there; Refused (BANCA-001) for a wrong ABI."""
    check_abi(abi)
    if conn.scalar(_BANCA, {"azienda_id": azienda_id, "abi": abi}) is None:
        values = {"abi": abi, "nome": nome}
        row = BANCA.insert().values(azienda_id=azienda_id, **values).returning(BANCA.c.id)
        _note(conn, ports, azienda_id, "banca_aggiunta", f"banca:{abi}", id=conn.execute(row).scalar_one(), **values)


def check_abi(abi: str) -> None:
    """Refused (BANCA-001) unless `abi` is five digits."""
    if not _ABI.fullmatch(abi):
        raise Refused(
            "BANCA-001",
            f"Il codice ABI «{abi}» non è di cinque cifre.",
            f'The ABI code "{abi}" is not five digits.',
        )


def add_conto(conn: Connection, ports: Ports, azienda_id: int, iban: str) -> None:
    """Register an account of the company, and its bank; one already there is left as it is.

    Refused (CONTO-001) unless `iban` is a valid Italian (or San Marino) one.
    """
    abi, cab, numero = check_iban(iban)
    add_banca(conn, ports, azienda_id, abi, "")
    known = select(CONTO.c.id).where(CONTO.c.azienda_id == azienda_id, CONTO.c.iban == iban)
    if conn.scalar(known) is None:
        values = {"iban": iban, "abi": abi, "cab": cab, "numero": numero}
        row = CONTO.insert().values(azienda_id=azienda_id, **values).returning(CONTO.c.id)
        _note(conn, ports, azienda_id, "conto_aggiunto", f"conto:{iban}", id=conn.execute(row).scalar_one(), **values)


def check_iban(iban: str) -> tuple[str, str, str]:
    """ABI, CAB and account number of an Italian IBAN; Refused (CONTO-001) when it does not hold."""
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        valid = IBAN(iban, validate_bban=True)
    except SchwiftyException as error:
        raise _bad_iban(iban) from error
    if valid.country_code not in {"IT", "SM"} or str(valid) != iban:
        raise _bad_iban(iban)
    return valid.bank_code, valid.branch_code, valid.account_code


def find(conn: Connection, sia: str | None = None) -> Azienda:
    """The company of that SIA, or the only one there is when none is named.

    Raises Refused when it is not there (AZIENDA-005) or a name is needed to choose (AZIENDA-006).
    """
    aziende = list_(conn)
    chosen = [azienda for azienda in aziende if sia in (None, azienda.sia)]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(azienda.sia for azienda in aziende) or "-"
    refuse = partial(Refused, hint_it=f"Codici SIA in archivio: {known}.", hint_en=f"SIA codes here: {known}.")
    if chosen:
        raise refuse("AZIENDA-006", "Ci sono più aziende: indicarne una.", "Several companies: name one.")
    raise refuse("AZIENDA-005", "L'azienda non è in archivio.", "The company is not in this home.")


def get(conn: Connection, azienda_id: int) -> Azienda:
    """The company of that id; sqlalchemy's NoResultFound when there is none."""
    row = conn.execute(select(AZIENDA).where(AZIENDA.c.id == azienda_id)).one()
    return Azienda(row.id, row.sia, row.nome, row.codice_fiscale, row.natura)


def list_(conn: Connection) -> list[Azienda]:
    """All the companies, in order of SIA."""
    rows = conn.execute(select(AZIENDA).order_by(AZIENDA.c.sia))
    return [Azienda(row.id, row.sia, row.nome, row.codice_fiscale, row.natura) for row in rows]


def options(conn: Connection, azienda_id: int) -> dict[str, str]:
    """The value of every option of a company, by name."""
    rows = conn.execute(_OPTIONS, {"azienda_id": azienda_id})
    return {nome: valori[0] for nome, valori in OPZIONI.items()} | {row.nome: row.valore for row in rows}


def option_story(conn: Connection, azienda_id: int, nome: str) -> list[tuple[str, str]]:
    """The values that an option of a company was given, each with its instant as the journal has it, oldest first."""
    found = journal.about(conn, azienda_id, f"opzione:{nome}")
    return [(event["at"], json.loads(event["dati"])["valore"]) for event in found]


def set_option(conn: Connection, ports: Ports, azienda_id: int, nome: str, valore: str, *, chi: str) -> None:
    """Set an option of a company, in the caller's transaction, and journal it.

    Refused for a name (OPZIONE-001) or a value (OPZIONE-002) that is not among `OPZIONI`.
    """
    if nome not in OPZIONI:
        raise Refused(
            "OPZIONE-001",
            f"L'opzione «{nome}» non esiste: ci sono {', '.join(OPZIONI)}.",
            f'There is no option "{nome}": there are {", ".join(OPZIONI)}.',
        )
    if valore not in OPZIONI[nome]:
        raise Refused(
            "OPZIONE-002",
            f"L'opzione {nome} vale {' o '.join(OPZIONI[nome])}, non «{valore}».",
            f'Option {nome} is {" or ".join(OPZIONI[nome])}, not "{valore}".',
        )
    mine = (OPZIONE.c.azienda_id == azienda_id, OPZIONE.c.nome == nome)
    if not conn.execute(OPZIONE.update().where(*mine).values(valore=valore)).rowcount:
        conn.execute(OPZIONE.insert().values(azienda_id=azienda_id, nome=nome, valore=valore))
    _note(conn, ports, azienda_id, "opzione_impostata", f"opzione:{nome}", chi=chi, valore=valore)


def _note(conn: Connection, ports: Ports, azienda_id: int, tipo: str, soggetto: str, **dati: str | int) -> None:
    journal.append(conn, azienda_id=azienda_id, tipo=tipo, soggetto=soggetto, dati=dati, at=ports.clock.now())


def _bad_iban(iban: str) -> Refused:
    return Refused(
        "CONTO-001",
        f"L'IBAN «{iban}» non è un IBAN italiano valido, scritto senza spazi.",
        f'The IBAN "{iban}" is not a valid Italian one, written without blanks.',
    )
