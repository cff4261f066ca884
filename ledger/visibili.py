"""The accounts that a user may see: a distinta, or an order, of another account is not there for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from ledger import distinte
from ledger.aziende import check_iban
from ledger.distinte import Disposizione
from ledger.errors import Refused
from ledger.profilo import Profilo
from ledger.schema import DISPOSIZIONE

_ACCOUNT = (DISPOSIZIONE.c.nostro_abi, DISPOSIZIONE.c.nostro_cab, DISPOSIZIONE.c.nostro_conto)


def sees(conn: Connection, profilo: Profilo, distinta_id: int) -> bool:
    """Whether every order of a distinta is of accounts of the profile; one without orders, or of no account, is of
    none of them."""
    return profilo.conti is None or _all_mine(conn, profilo, DISPOSIZIONE.c.distinta_id == distinta_id)


def sees_order(conn: Connection, profilo: Profilo, disposizione_id: int) -> bool:
    """Whether an order is of an account of the profile."""
    return profilo.conti is None or _all_mine(conn, profilo, DISPOSIZIONE.c.id == disposizione_id)


def require(conn: Connection, profilo: Profilo, distinta_id: int) -> None:
    """Refused (DISTINTA-001), as if it were not there, for a distinta that the profile does not see."""
    if not sees(conn, profilo, distinta_id):
        raise distinte.no_distinta(distinta_id)


def require_result(conn: Connection, profilo: Profilo, distinta_id: int) -> None:
    """Refused (CONTO-002) for a distinta just made that the profile would not see: nothing is moved out of sight."""
    if not sees(conn, profilo, distinta_id):
        raise Refused(
            "CONTO-002",
            "La distinta sarebbe di un conto che l'utente non può vedere.",
            "The distinta would be of an account that the user may not see.",
            hint_it="I conti di un utente: cbi utenti",
            hint_en="The accounts of a user: cbi utenti",
        )


def require_order(conn: Connection, profilo: Profilo, ordine: Disposizione) -> None:
    """Refused (DISPOSIZIONE-001), as if it were not there, for an order that the profile does not see."""
    if not sees_order(conn, profilo, ordine.id):
        raise distinte.no_order(str(ordine.id))


def _all_mine(conn: Connection, profilo: Profilo, which: Any) -> bool:
    named = {tuple(row) for row in conn.execute(select(*_ACCOUNT).where(which).distinct())}
    return bool(named) and named <= {check_iban(iban) for iban in profilo.conti or ()}
