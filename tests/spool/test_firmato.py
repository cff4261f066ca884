"""Files that a bank signs: opened, received as what is in them, refused when the signature is not the bank's."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from banksim.dati import SIA
from ledger import archivio, outcomes
from ledger.errors import Refused
from ledger.home import Home
from spool import firmato
from spool.archivi import contents
from spool.lettura import Hostile
from spool.quarantena import NOTE
from spool.receive import FATTO, QUARANTENA, receive
from spool.stato import status
from tests.spool import casa
from tests.spool.notaio import FROM, Holder, holder

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)  # of the clock of the tests


def sign(data: bytes, who: Holder, *options: pkcs7.PKCS7Options, by: Any = hashes.SHA256) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(*who, by())
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def trust(home: Home, *holders: Holder, abi: str = "03069") -> None:
    """The line to a bank says who signs all that arrives from it."""
    (home.path / "firmatari.pem").write_bytes(b"".join(who.public_bytes(Encoding.PEM) for who, _ in holders))
    folders = 'tipo = "cartella"\nconsegna = "a"\nritiro = "b"\nfirmatari = "firmatari.pem"\n'
    (home.path / "linee.toml").write_text(f"[{SIA}.{abi}]\n{folders}")


@pytest.fixture
def statement(home: Home) -> bytes:
    """A day of movements of the first bank, not yet given."""
    casa.answers(home)
    data = next(casa.branch(home).into("new").glob("RH*")).read_bytes()
    for path in home.spool_dir.glob("*/*/in/new/*"):
        path.unlink()
    return data


def given_to(home: Home, name: str, data: bytes) -> tuple[str, str]:
    """The verdict on a file and the name under which it was known."""
    casa.drop(home, name, data)
    (file,) = [each for each in receive(home) if each.abi == "03069"]
    return file.verdetto, file.nome


def reasons(home: Home) -> str:
    notes = casa.branch(home).into("quarantine").glob(f"*{NOTE}")
    return " ".join(each["message_it"] for note in notes for each in json.loads(note.read_text())["diagnostica"])


def test_a_signed_file_is_received_as_what_is_in_it(home: Home, statement: bytes) -> None:
    envelope = sign(statement, holder())
    assert given_to(home, "rh.cbi.p7m", envelope) == (FATTO, "rh.cbi.p7m/rh.cbi")
    with home.read() as conn:
        (known,) = outcomes.files(conn)
    assert archivio.load(home, known.sha256) == statement
    kept = casa.branch(home).into("done") / "rh.cbi.p7m"
    assert kept.read_bytes() == envelope  # the signature stays with what it is of
    assert status(home, AT.date()).torna


def test_with_signers_only_what_they_signed_is_read(home: Home, statement: bytes) -> None:
    trust(home, holder("rsa"), holder())
    wrong = (
        ("piano.cbi", statement),
        ("altro.p7m", sign(statement, holder(start=datetime(2026, 1, 2, tzinfo=UTC)))),
        ("cambiato.p7m", sign(statement, holder()).replace(b" 61", b" 62", 1)),
        ("sha1.p7m", sign(statement, holder()).replace(bytes.fromhex("608648016503040201"), b"\x2b\x0e\x03\x02\x1a")),
    )
    for name, data in wrong:
        assert given_to(home, name, data)[0] == QUARANTENA, name
    assert "non è firmato" in reasons(home) and "nessuna firma valida" in reasons(home)
    for n, who in enumerate((holder("rsa"), holder())):
        assert given_to(home, f"giusto{n}.p7m", sign(statement, who))[0] == FATTO
    with home.read() as conn:
        assert len(list(outcomes.files(conn))) == 1  # the same file, twice


def test_another_bank_goes_on_without_signatures(home: Home, statement: bytes) -> None:
    trust(home, holder(), abi="02008")
    assert given_to(home, "rh.cbi", statement)[0] == FATTO


def test_a_certificate_out_of_date_signs_nothing(home: Home, statement: bytes) -> None:
    old = holder("ec", FROM, datetime(2026, 11, 1, tzinfo=UTC))
    trust(home, old)
    assert given_to(home, "rh.p7m", sign(statement, old))[0] == QUARANTENA


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_signers_that_cannot_be_read_stop_everything(home: Home, statement: bytes, pem: bytes) -> None:
    trust(home)
    (home.path / "firmatari.pem").write_bytes(pem)
    path = casa.drop(home, "rh.cbi", statement)
    with pytest.raises(Refused, match="LINEA-014"):
        receive(home)
    assert path.exists()


def test_what_is_signed_is_a_file_and_not_an_archive_nor_in_one(home: Home, statement: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rh.p7m", sign(statement, holder()))
    nothing = sign(statement, holder(), pkcs7.PKCS7Options.DetachedSignature)
    for name, data in (("a.zip", packed.getvalue()), ("b.p7m", sign(packed.getvalue(), holder())), ("c.p7m", nothing)):
        assert given_to(home, name, data)[0] == QUARANTENA, name


@pytest.mark.parametrize("kind", ["ec", "rsa"])
@pytest.mark.parametrize("options", [(), (pkcs7.PKCS7Options.NoAttributes,), (pkcs7.PKCS7Options.NoCerts,)])
@pytest.mark.parametrize("by", [hashes.SHA256, hashes.SHA512])
def test_signatures_of_every_kind_are_known(kind: str, options: tuple[pkcs7.PKCS7Options, ...], by: Any) -> None:
    envelope = sign(b"61 ...", holder(kind), *options, by=by)
    firmato.require(envelope, [holder("ec", FROM, AT)[0], holder(kind)[0]], AT)
    assert firmato.content(envelope) == b"61 ..."


CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=3)


@given(st.sampled_from(["ec", "rsa"]), st.booleans(), CHANGES)
def test_what_is_taken_for_signed_is_what_was_signed(
    kind: str, attributes: bool, changes: list[tuple[int, int]]
) -> None:
    options = () if attributes else (pkcs7.PKCS7Options.NoAttributes,)
    envelope = bytearray(sign(b"61 di conto", holder(kind), *options))
    for place, value in changes:
        envelope[place % len(envelope)] = value
    try:
        firmato.require(bytes(envelope), [holder(kind)[0]], AT)
    except Hostile:
        return
    assert firmato.content(bytes(envelope)) == b"61 di conto"


@given(st.binary(max_size=80))
def test_what_only_begins_like_an_envelope_is_refused(tail: bytes) -> None:
    head = bytes.fromhex("30820786 06092a864886f70d010702 a0820777")
    with pytest.raises(Hostile):
        list(contents("x.p7m", head + tail))
