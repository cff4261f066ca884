"""Until when a bank takes a flow today, and after how long its silence is a payment: `orari.toml` in the home.

    [limiti.03069]      # ABI of the bank
    RIBA = "16:30"      # from that hour of Rome on, what is sent counts for the next banking day

    [presunte.03069]
    RIBA = 5            # so many banking days after it fell due, an order of which nothing was heard is presumed paid

Nothing is limited, and nothing presumed, unless it is written there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from cbi.validators.calendari import is_banking_day, next_banking_day
from ledger import distinte, silenzio
from ledger.distinte import Distinta
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import ROME
from ledger.stati import GRUPPI, vita

FILE = "orari.toml"
MOST_DAYS = 60


def _flow(value: str) -> str:
    if value not in GRUPPI:
        raise ValueError("no such flow")
    return value


def _collection(value: str) -> str:
    if not silenzio.counts(_flow(value)):
        raise ValueError("not a collection")
    return value


Abi: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{5}$")]
Flusso: TypeAlias = Annotated[str, AfterValidator(_flow)]
Incasso: TypeAlias = Annotated[str, AfterValidator(_collection)]
Ora: TypeAlias = Annotated[
    str, Field(pattern=r"^((0[1-9]|1[0-9]|2[0-3]):[0-5][0-9]|00:(0[1-9]|[1-5][0-9]))$")
]  # at midnight: never
Giorni: TypeAlias = Annotated[int, Field(ge=1, le=MOST_DAYS)]


class Orari(BaseModel):
    """By ABI and flow: the hours, "HH:MM" of Rome, and the banking days."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    limiti: Mapping[Abi, Mapping[Flusso, Ora]] = {}
    presunte: Mapping[Abi, Mapping[Incasso, Giorni]] = {}


@dataclass(frozen=True)
class Ritardo:
    """A flow is late: it is past `limite` ("HH:MM" of Rome; "" on a day on which banks are closed, or after the day of
    payment) and counts for `dal`, a banking day. `attende`: it waits for that day, rather than leave at once."""

    limite: str
    dal: date
    attende: bool


def read(home: Home) -> Orari:
    """The settings of a home; empty ones when the file is not there. Raises Refused (ORARI-001) when it is not TOML or
    says what it may not, naming the first key."""
    path, disk = home.path / FILE, home.ports.disk
    if not disk.exists(path):
        return Orari()
    try:
        return Orari.model_validate(tomllib.loads(disk.read(path).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"non è TOML: {error}", f"it is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise _wrong(f"«{place}» non va bene", f'"{place}" will not do ({first["msg"]})') from error


def ritardo(orari: Orari, conn: Connection, distinta: Distinta, at: datetime) -> Ritardo | None:
    """Whether a distinta sent at an instant would be late, and what becomes of it; None when it is in time.

    One whose kind must be there by an hour of the day of payment (F24) never waits: a day later that day is gone.
    """
    if vita(distinta.flusso).entro:
        return _payment(orari, conn, distinta, at)
    limite = orari.limiti.get(distinta.abi, {}).get(distinta.flusso, "")
    return _late(limite, at) if limite else None


def _late(limite: str, at: datetime) -> Ritardo | None:
    here = at.astimezone(ROME)
    if not is_banking_day(here.date()):
        return Ritardo("", next_banking_day(here.date()), attende=True)
    if here.strftime("%H:%M") < limite:
        return None
    return Ritardo(limite, next_banking_day(here.date()), attende=True)


def _payment(orari: Orari, conn: Connection, distinta: Distinta, at: datetime) -> Ritardo | None:
    limite = orari.limiti.get(distinta.abi, {}).get(distinta.flusso, vita(distinta.flusso).entro)
    due, here = distinte.due_dates(conn, distinta.id)[0], at.astimezone(ROME)
    if due is None:
        return None
    day = due if is_banking_day(due) else next_banking_day(due)
    if (here.date(), here.strftime("%H:%M")) < (day, limite):
        return None
    return Ritardo(limite if here.date() == day else "", next_banking_day(here.date()), attende=False)


def _wrong(it: str, en: str) -> Refused:
    flows = ", ".join(GRUPPI)
    return Refused(
        "ORARI-001",
        f"{FILE}: {it}.",
        f"{FILE}: {en}.",
        hint_it=f'Le tabelle sono [limiti.ABI], con ore come "16:30", e [presunte.ABI], con giorni da 1 a {MOST_DAYS}, '
        f"per flusso: {flows}; si presumono pagati solo gli incassi.",
        hint_en=f'The tables are [limiti.ABI], with hours such as "16:30", and [presunte.ABI], with days from 1 to '
        f"{MOST_DAYS}, by flow: {flows}; only collections are presumed paid.",
    )
