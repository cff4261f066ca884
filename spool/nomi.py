"""File names: what leaves gets a name made here, what arrives keeps its own only if it is harmless."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import count

MAX_NAME = 120
"""Longest name accepted from outside, in characters: leaves room for the suffixes of the quarantine."""

ACK = ".ack"
"""Suffix of a receipt by sidecar: the name of the file sent, plus this."""

READY = ".ok"
"""Suffix of the sidecar by which a bank says that a file is complete."""

WRITING = (".tmp", ".part", ".filepart", ".partial")
"""Suffixes, in any case, that those who write give to a file until it is complete."""

_HARMLESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,+=@() -]*\Z")
_NOT_HARMLESS = re.compile(r"[^A-Za-z0-9_.-]+")


def outgoing_name(tipo: str, creata: date | None, nome_supporto: str, sha256: str, volta: int = 1) -> str:
    """The name under which a flow leaves: same bytes, same time that they are sent (`volta`, from 1), same name.
    `sha256` is the hex digest of the payload.

    The nome supporto is text of the user: it enters only as letters, digits, dash and underscore.
    """
    day = creata.isoformat().replace("-", "") if creata else "00000000"
    supporto = re.sub(r"[^A-Za-z0-9_-]+", "_", nome_supporto).strip("_")[:20] or "senza-nome"
    again = "" if volta == 1 else f"-{volta}"
    return f"{tipo}-{day}-{supporto}-{sha256[:16]}{again}.cbi"


def waits(name: str) -> bool:
    """Whether a name in `in/new` is not yet that of something to be read: being written, or only said to be ready."""
    return name.lower().endswith((*WRITING, READY))


def why_hostile(name: str) -> tuple[str, str] | None:
    """Why a name from outside is refused, in Italian and in English; None when it is harmless."""
    if len(name) > MAX_NAME:
        return f"nome più lungo di {MAX_NAME} caratteri", f"name longer than {MAX_NAME} characters"
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name):
        return "caratteri di controllo nel nome", "control characters in the name"
    if name.startswith("."):
        return "nome nascosto o relativo", "hidden or relative name"
    if not _HARMLESS.match(name):
        return "caratteri non ammessi nel nome", "characters not admitted in the name"
    return None


def harmless(name: str) -> str:
    """`name` if harmless, otherwise one derived from it: what can be kept of it, and a digest of the
    whole."""
    if why_hostile(name) is None:
        return name
    kept = _NOT_HARMLESS.sub("_", name).strip("._-")[:40] or "file"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{kept}-{digest}"


def numbered(name: str) -> Iterator[str]:
    """`name`, then `name.1`, `name.2`, ... without end."""
    yield name
    yield from (f"{name}.{n}" for n in count(1))
