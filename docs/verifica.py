"""Verifies an exported journal, its checkpoints and bundles of evidence. Needs Python 3.9 and nothing else: it imports
nothing of the engine, so that who does not trust the engine may read all of it.

    python verifica.py FILE...

Each FILE is known by what it holds: an exported journal (cbi audit export), lines of checkpoints and of public keys, as
they were printed or mailed, or the zip that cbi evidence makes. Ends with 0 when all holds, 3 when something does not,
2 when it was not understood.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

GENESIS = "0" * 64
BODY = ("at", "azienda_id", "dati", "numero", "prima", "soggetto", "tipo")  # what the hash of an event covers
CHECKPOINT = re.compile(
    r"(cbi-checkpoint-v1 ([A-Z0-9]{5}) ([1-9][0-9]{0,17}) ([0-9a-f]{64}) "
    r"([0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z) ([0-9a-f]{16})) ([0-9a-f]{128})"
)
KEY = re.compile(r"cbi-key-v1 ([0-9a-f]{16}) ([0-9a-f]{64})")
SEAL = re.compile(r"cbi-manifest-v1 ([0-9a-f]{16}) ([0-9a-f]{128})")
LARGEST = 1 << 30  # bytes that a bundle may unpack to
UNSEEN = "; no checkpoint given: whether the end was cut off or written again cannot be seen"

Event = dict[str, Any]
Keys = dict[str, bytes]
Chain = dict[int, set[str]]  # number of an event -> the hashes that it is said to have
Said = dict[str, Chain]  # by company


class Verdict(NamedTuple):
    """How far a chain holds: its good events, the hash of the last; why the next one does not ("" when all do)."""

    sia: str
    good: int
    head: str
    fault: str


class Doubt(Exception):
    """Something that does not hold, or is not what it says it is."""


# Ed25519, RFC 8032: points of -x^2 + y^2 = 1 + d x^2 y^2 modulo 2^255 - 19, as (x, y, z, xy/z)
P: int = 2**255 - 19
ORDER: int = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def decode(data: bytes) -> Point:
    number = int.from_bytes(data, "little")
    y, sign = number % 2**255, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (sign and not x):
        raise Doubt("not a point of the curve")
    x = P - x if x % 2 != sign else x
    return (x, y, 1, x * y % P)


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature (64 bytes) of a message is that of a public key (32 bytes). Doubt if it is none."""
    s = int.from_bytes(signature[32:], "little")
    x, y, z, t = decode(key)
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x, y, z, t = add(times(s, BASE), times(h, (-x % P, y, z, -t % P)))
    inverse: int = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    point: int = y | (x & 1) << 255
    return s < ORDER and point.to_bytes(32, "little") == signature[:32]


def read_keys(lines: Iterable[str]) -> Keys:
    """Public keys by id; an id is made of the first 16 digits of the SHA-256 of its key."""
    found = {m[1]: bytes.fromhex(m[2]) for m in map(KEY.fullmatch, lines) if m}
    return {name: key for name, key in found.items() if hashlib.sha256(key).hexdigest()[:16] == name}


def read_checkpoint(line: str, keys: Keys) -> tuple[str, int, str]:
    """Company, number and hash that a checkpoint speaks of. Raises Doubt unless one of the keys signed it."""
    m = CHECKPOINT.fullmatch(line)
    if m is None:
        raise Doubt(f"not a checkpoint: {line[:60]}")
    if m[6] not in keys:
        raise Doubt(f"checkpoint {m[2]} {m[3]}: signed with key {m[6]}, which was not given")
    if not signed(keys[m[6]], m[1].encode(), bytes.fromhex(m[7])):
        raise Doubt(f"checkpoint {m[2]} {m[3]}: its signature does not hold")
    return m[2], int(m[3]), m[4]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def is_canonical(text: str) -> bool:
    try:
        return canonical(json.loads(text, parse_float=Decimal, parse_constant=Decimal)) == text
    except (ValueError, TypeError, RecursionError, ArithmeticError):
        return False  # also for a number with a point, which has no canonical form


def event_hash(event: Event) -> str:
    """SHA-256 of the event as JSON with sorted keys and no blanks, `dati` as the object that it is, and "v":1."""
    parts = (f'"{name}":{event[name] if name == "dati" else canonical(event[name])}' for name in BODY)
    return hashlib.sha256(f'{{{",".join(parts)},"v":1}}'.encode("ascii", "backslashreplace")).hexdigest()


def event_fault(event: Event, number: int, before: str) -> str:
    """What is wrong with an event by itself and with its link: the words of cbi audit verify --format json."""
    if event["numero"] != number:
        return "numero"
    if event["prima"] != before:
        return "prima"
    if not is_canonical(event["dati"]):
        return "dati"
    return "" if event_hash(event) == event["hash"] else "hash"


def walk(sia: str, events: Iterable[Event], said: Chain, keys: Keys) -> Verdict:
    """Walk a chain from its first event, against what checkpoints say of it."""
    good, before, last = 0, GENESIS, ""
    for event in events:
        fault = event_fault(event, good + 1, before)
        if not fault and event["tipo"] == "checkpoint" and keys:
            try:
                dati = json.loads(event["dati"])
                claim = (read_checkpoint(dati["riga"], keys)[1:], dati["precedente"])
                fault = "" if claim == ((good, before), last) else "checkpoint"
                last = dati["riga"]
            except (Doubt, TypeError, KeyError):
                fault = "checkpoint"
        if not fault and said.get(good + 1, {event["hash"]}) != {event["hash"]}:
            fault = "rifatto"
        if fault:
            return Verdict(sia, good, before, fault)
        good, before = good + 1, event["hash"]
    return Verdict(sia, good, before, "coda" if good < max(said, default=1) else "")


def read_journal(lines: Iterable[str]) -> Iterator[Event]:
    for number, line in enumerate(lines, 1):
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or event.keys() != {*BODY, "hash"}:
            raise Doubt(f"line {number}: not an event of an exported journal")
        yield event


def verify(lines: Iterable[str], said: Said, keys: Keys) -> list[Verdict]:
    """A verdict for each chain of an exported journal, and for each company spoken of that has no chain in it."""
    found: list[Verdict] = []
    for _company, chain in groupby(read_journal(lines), key=lambda event: event["azienda_id"]):
        first = next(chain)
        sia = str(first["soggetto"]).replace("azienda:", "", 1) if first["tipo"] == "azienda_creata" else "?"
        found.append(walk(sia, (event for part in ([first], chain) for event in part), said.get(sia, {}), keys))
    return found + [Verdict(sia, 0, GENESIS, "coda") for sia in sorted(set(said) - {each.sia for each in found})]


def verify_bundle(path: Path, keys: Keys) -> tuple[str, Chain, str]:
    """Verify a bundle by itself. Company, what it says of the chain, and a word for people; raises Doubt."""
    with zipfile.ZipFile(path) as bundle:
        if sum(info.file_size for info in bundle.infolist()) > LARGEST:
            raise Doubt(f"{path}: more than {LARGEST} bytes")
        files = {info.filename: bundle.read(info) for info in bundle.infolist()}
        if len(files) != len(bundle.infolist()):
            raise Doubt(f"{path}: two files of the same name")
    try:
        own = read_keys(files["chiavi.txt"].decode().splitlines())
        signer = check_manifest(files, {**own, **keys})
        sia, number, head = read_checkpoint(files["checkpoint.txt"].decode().strip(), {**own, **keys})
        rows = [row.split(" ") for row in files["catena.txt"].decode().splitlines()]
        chain = {int(numero): {hashed} for numero, hashed in rows}
        if list(chain) != list(range(min(chain), number + 1)) or chain[number] != {head}:
            raise Doubt(f"{path}: its links do not lead to its checkpoint")
        events = list(read_journal(files["eventi.ndjson"].decode().splitlines()))
        check_events(events, chain, files)
    except (KeyError, ValueError) as error:
        raise Doubt(f"{path}: not a bundle of evidence: {error}") from error
    trust = "" if signer in keys else f"; key {signer} is the bundle's own: compare it with the one you were given"
    return sia, chain, f"{path}: {len(events)} events, {len(files)} files hold{trust}"


def check_manifest(files: dict[str, bytes], keys: Keys) -> str:
    """The id of the key that signed the manifest; Doubt unless the files, without it, are the very ones it tells."""
    manifest, line = files.pop("manifesto.txt"), files.pop("manifesto.firma").decode()
    seal = SEAL.fullmatch(line.removesuffix("\n"))
    told = {row[66:]: row[:64] for row in manifest.decode().splitlines()}
    if told != {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}:
        raise Doubt("the files of the bundle are not those of its manifest")
    said = b"cbi-manifest-v1 " + hashlib.sha256(manifest).hexdigest().encode()
    if seal is None or seal[1] not in keys or not signed(keys[seal[1]], said, bytes.fromhex(seal[2])):
        raise Doubt("the signature of the manifest of the bundle does not hold")
    return seal[1]


def check_events(events: list[Event], chain: Chain, files: dict[str, bytes]) -> None:
    """Doubt unless each event is whole and in its place, and some event names the bytes of each flow and receipt."""
    for event in events:
        at, before = event["numero"], chain.get(event["numero"] - 1, {event["prima"]})
        if event_fault(event, at, "".join(before)) or chain.get(at) != {event["hash"]}:
            raise Doubt(f"event {at} of the bundle does not hold")
    named = " ".join(event["dati"] for event in events)
    for name, data in files.items():
        if name.startswith(("flusso/", "ricevuti/")) and hashlib.sha256(data).hexdigest() not in named:
            raise Doubt(f"{name}: no event of the bundle names these bytes")


FAULTS = {
    "numero": "another number is where this one was expected: an event was taken out, put in or moved",
    "prima": "it does not follow the event before it: one of the two was replaced, taken out or swapped",
    "dati": "its data are not written as the journal writes them: they were changed",
    "hash": "its content does not match its hash: it was changed",
    "rifatto": "it is not the event that a checkpoint or a bundle speaks of: the journal was written again",
    "coda": "it is missing, and a checkpoint or a bundle says that it was there: the end was cut off",
    "checkpoint": "it names a checkpoint that does not agree with the events before, or with the keys given",
}


def witness(what: str | Path, keys: Keys) -> tuple[str, Chain, str]:
    """Company, what a checkpoint or a bundle says of its chain, and a word for people. Raises Doubt."""
    if isinstance(what, Path):
        return verify_bundle(what, keys)
    sia, number, head = read_checkpoint(what, keys)
    return sia, {number: {head}}, f"{sia}: checkpoint of event {number}: its signature holds"


def report(bundles: list[Path], journals: dict[Path, str], notes: list[str]) -> Iterator[tuple[bool, str]]:
    """Whether each thing holds, and what to print of it."""
    keys, said = read_keys(notes), Said()
    witnesses: list[str | Path] = [*bundles, *(line for line in notes if line.startswith("cbi-checkpoint"))]
    for what in witnesses:
        try:
            sia, chain, words = witness(what, keys)
            for number, hashes in chain.items():
                said.setdefault(sia, {}).setdefault(number, set()).update(hashes)
            yield True, words
        except (Doubt, zipfile.BadZipFile) as error:
            yield False, str(error)
    for path, text in journals.items():
        try:
            for sia, good, head, fault in verify(text.splitlines(), said, keys):
                sound = f"{sia}: {good} events hold, head {head}" + ("" if said.get(sia) else UNSEEN)
                yield not fault, f"{sia}: event {good + 1}: {FAULTS[fault]}" if fault else sound
        except Doubt as error:
            yield False, f"{path}: {error}"


def main(names: list[str]) -> int:
    """Verify what is in the files, and print what came of it; the exit code."""
    try:
        bundles = [Path(name) for name in names if zipfile.is_zipfile(name)]
        texts = {path: path.read_text("utf-8", "surrogateescape") for path in map(Path, names) if path not in bundles}
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    journals = {path: text for path, text in texts.items() if text.startswith("{")}
    notes = [line.strip() for path, text in texts.items() if path not in journals for line in text.splitlines()]
    found = list(report(bundles, journals, notes))
    print("\n".join(words for _sound, words in found) or __doc__)
    return 2 if not found else 0 if all(sound for sound, _words in found) else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
