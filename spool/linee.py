"""The lines to the banks, as `linee.toml` in the home tells them: where what leaves is delivered, and where what
arrives is fetched. A bank that has none is somebody else's to connect. No secret is in the file: a key is named."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ledger.errors import Refused
from ledger.home import Home

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    Firmatari: TypeAlias = list[Certificate]

FILE = "linee.toml"

Sia = Annotated[str, Field(pattern=r"^[A-Z0-9]{5}$")]
Abi = Annotated[str, Field(pattern=r"^[0-9]{5}$")]
Testo = Annotated[str, Field(min_length=1)]


class _Come(BaseModel):
    """What every line says: the folder of the bank for what leaves (`consegna`), that of what arrives (`ritiro`), where
    what was fetched is put (`archivio`; without it is removed), how many times to try, whom to seal for."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    consegna: Testo
    ritiro: Testo
    archivio: Testo | None = None
    tentativi: int = Field(4, ge=1, le=10)
    certificato: Testo | None = None
    firmatari: Testo | None = None

    @model_validator(mode="after")
    def _apart(self) -> _Come:
        """What was delivered or put away must not be fetched again."""
        if self.ritiro in (self.consegna, self.archivio):
            raise ValueError("ritiro")
        return self


class InCartella(_Come):
    """By a folder of this machine, such as a share of the bank's."""

    tipo: Literal["cartella"]


class InSftp(_Come):
    """By SFTP: `chiave` is the file of a private key, which an agent has when none is named; `known_hosts` that of the
    keys of hosts."""

    tipo: Literal["sftp"]
    host: Testo
    porta: int = Field(22, ge=1, le=65535)
    utente: Testo
    chiave: Testo | None = None
    known_hosts: Testo


Come = Annotated[InCartella | InSftp, Field(discriminator="tipo")]
_LINEE: TypeAdapter[dict[Sia, dict[Abi, Come]]] = TypeAdapter(dict[Sia, dict[Abi, Come]])


@dataclass(frozen=True)
class Linea:
    """The line of a company (`sia`) to a bank (`abi`); relative paths of this machine start from `base`, the home."""

    sia: str
    abi: str
    come: InCartella | InSftp
    base: Path

    def local(self, path: str) -> Path:
        """A path of this machine that the settings name."""
        return self.base / path


def lines(home: Home) -> list[Linea]:
    """Every line of the home, by company and bank. Raises Refused when the file is not TOML (LINEA-001), says what it
    should not (LINEA-002), or has two lines that fetch from one folder (LINEA-012)."""
    path = home.path / FILE
    if not home.ports.disk.exists(path):
        return []
    try:
        text = home.ports.disk.read(path).decode("utf-8")
        told = _LINEE.validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            "LINEA-001",
            f"{path} non è un file TOML: {error}.",
            f"{path} is not a TOML file: {error}.",
            hint_it="La forma del file è in docs/linee.md.",
            hint_en="The form of the file is in docs/linee.md.",
        ) from error
    except ValidationError as error:
        raise _wrong(path, text, error) from error
    found = [Linea(sia, abi, told[sia][abi], home.path) for sia in sorted(told) for abi in sorted(told[sia])]
    _require_apart(found)
    return found


def line(home: Home, sia: str, abi: str) -> Linea:
    """The line of a company to a bank. Raises Refused as `lines` does, and when there is none (LINEA-003)."""
    for each in lines(home):
        if (each.sia, each.abi) == (sia, abi):
            return each
    raise Refused(
        "LINEA-003",
        f"Per l'azienda {sia} e la banca {abi} non c'è una linea in {home.path / FILE}.",
        f"There is no line for company {sia} and bank {abi} in {home.path / FILE}.",
        hint_it="Le linee che ci sono: cbi lines",
        hint_en="The lines there are: cbi lines",
    )


def signers(home: Home) -> dict[tuple[str, str], Firmatari]:
    """The certificates of who signs what arrives, by company and bank, where the settings name them. Raises Refused as
    `lines` and `certificates` do, OSError."""
    named = {(each.sia, each.abi): (each, each.come.firmatari) for each in lines(home)}
    return {which: certificates(home, linea, path) for which, (linea, path) in named.items() if path is not None}


def certificates(home: Home, linea: Linea, path: str) -> Firmatari:
    """The certificates in a file that the settings of a line name. Raises Refused (LINEA-014) when there is none in it,
    OSError."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(home.ports.disk.read(linea.local(path)))
    except ValueError as error:
        raise Refused(
            "LINEA-014",
            f"{linea.local(path)} non è un file di certificati PEM.",
            f"{linea.local(path)} is not a file of PEM certificates.",
            hint_it="Chiedere alla banca quelli in uso, e metterli in quel file uno dopo l'altro.",
            hint_en="Ask the bank for those in use, and put them into that file one after the other.",
        ) from error


def _require_apart(found: list[Linea]) -> None:
    """Refused (LINEA-012) when what a bank leaves in a folder could be fetched for one company or for another."""
    seen: dict[object, Linea] = {}
    for linea in found:
        other = seen.setdefault(_fetched_from(linea), linea)
        if other is not linea:
            pair = f"[{other.sia}.{other.abi}], [{linea.sia}.{linea.abi}]"
            raise Refused(
                "LINEA-012",
                f"Due linee hanno lo stesso ritiro: {pair}. Non si saprebbe di chi è ciò che arriva.",
                f"Two lines have the same ritiro: {pair}. Nobody could tell whose what arrives is.",
                hint_it="Chiedere alla banca una cartella per ognuna.",
                hint_en="Ask the bank for a folder for each.",
            )


def _fetched_from(linea: Linea) -> object:
    """The folder of a line, equal for lines that have the same."""
    come = linea.come
    if isinstance(come, InSftp):
        return come.host, come.porta, come.utente, come.ritiro
    return linea.local(come.ritiro)


_WHY = {
    "missing": ("manca", "missing"),
    "extra_forbidden": ("non è una chiave di una linea", "not a key of a line"),
    "union_tag_not_found": ("manca tipo: «cartella» o «sftp»", 'tipo is missing: "cartella" or "sftp"'),
    "union_tag_invalid": ("tipo può essere «cartella» o «sftp»", 'tipo may be "cartella" or "sftp"'),
    "string_pattern_mismatch": ("non è un codice SIA o ABI", "not a SIA or ABI code"),
    "value_error": (
        "ritiro deve essere una cartella diversa da consegna e da archivio",
        "ritiro must be a folder other than consegna and archivio",
    ),
}
_VALUE = ("valore non ammesso", "value not admitted")


def _wrong(path: Path, text: str, error: ValidationError) -> Refused:
    first = error.errors(include_url=False)[0]
    where = [str(each) for each in first["loc"] if each not in ("cartella", "sftp", "[key]")]
    row = _row(text, where)
    place = f"{path}{f':{row}' if row else ''}: [{'.'.join(where[:2])}] {' '.join(where[2:])}".rstrip()
    it, en = _WHY.get(first["type"], _VALUE)
    return Refused(
        "LINEA-002",
        f"{place}: {it}.",
        f"{place}: {en}.",
        hint_it="Le chiavi di una linea sono in docs/linee.md.",
        hint_en="The keys of a line are in docs/linee.md.",
    )


def _row(text: str, where: list[Any]) -> int | None:
    """The row of the file, from 1, of a key of a line, or of its heading; None when it is written in another way."""
    rows = list(enumerate(text.splitlines(), 1))
    heading = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(rf"[\"']?{re.escape(each)}[\"']?" for each in where[:2]))
    begins = next((number for number, row in rows if heading.match(row)), None)
    if begins is None or not where[2:]:
        return begins
    key = re.compile(rf"\s*[\"']?{re.escape(where[2])}[\"']?\s*=")
    mine = [(number, row) for number, row in rows if number > begins]
    ends = next((number for number, row in mine if row.lstrip().startswith("[")), len(rows) + 1)
    return next((number for number, row in mine if number < ends and key.match(row)), begins)
