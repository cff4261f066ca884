"""How things are said on paper: words in Italian or English, amounts, days, instants, accounts in part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ledger.celle import covered, in_part
from ledger.errors import euro
from ledger.ports import ROME

# Words of the sheets, in the language of the standard and in English.
ENGLISH = {
    "A riportare": "Carried forward",
    "Avere": "Credit",
    "Banca": "Bank",
    "Causale": "Causale",
    "Chi": "Who",
    "Chi può firmare": "Who may sign",
    "Chiave": "Key",
    "Codice cliente": "Customer code",
    "Codice fiscale": "Fiscal code",
    "Contabile": "Booked",
    "Conto della controparte": "Counterparty's account",
    "Conto": "Account",
    "Controparte": "Counterparty",
    "Creata": "Created",
    "Da giorni": "For days",
    "Dare": "Debit",
    "Debitore": "Debtor",
    "Delega": "Delegation",
    "Descrizione": "Description",
    "Detto il": "Told on",
    "Disp.": "Orders",
    "Distinta": "Distinta",
    "Distinte": "Distinte",
    "Divisa": "Currency",
    "Eccezioni": "Exceptions",
    "Esito": "Outcome",
    "Evento": "Event",
    "Firmato": "Signed",
    "Firme": "Signatures",
    "Flusso": "Flow",
    "Giorni": "Days",
    "Giorno": "Day",
    "Importo": "Amount",
    "Incassi": "To collect",
    "Iter": "Iter",
    "Nome supporto": "Nome supporto",
    "Numero": "Number",
    "Pagamenti": "To pay",
    "Perché": "Why",
    "Peso": "Weight",
    "Quando": "When",
    "Riferimento": "Reference",
    "Riporto": "Brought forward",
    "Saldo iniziale": "Opening balance",
    "Saldo": "Balance",
    "Scadenza": "Due",
    "Spese": "Fees",
    "Stato": "State",
    "Supporto": "Supporto",
    "Totale": "Total",
    "Vale": "Valid",
    "Valuta": "Value",
}


@dataclass(frozen=True)
class Lingua:
    """Italian ("it") or English ("en"); accounts are told in part unless `in_chiaro`."""

    lang: str = "it"
    in_chiaro: bool = False

    def __call__(self, word: str) -> str:
        """A word of the sheets, or one that is the same in both."""
        return ENGLISH.get(word, word) if self.lang == "en" else word

    def say(self, it: str, en: str) -> str:
        """The one of two texts."""
        return en if self.lang == "en" else it

    def euro(self, cents: int) -> str:
        """Cents as people read them."""
        return euro(cents, self.lang)

    def account(self, number: str | None) -> str:
        """An account number, or nothing."""
        return account(number, self.in_chiaro) or ""

    def text(self, text: str) -> str:
        """A text of others, with the IBANs in it told in part."""
        return text if self.in_chiaro else covered(text)


def day(value: date | None) -> str:
    """A day as people write it, "-" for none."""
    return "-" if value is None else value.strftime("%d/%m/%Y")


def moment(at: datetime) -> str:
    """An instant on the clocks of Rome."""
    return at.astimezone(ROME).strftime("%d/%m/%Y %H:%M:%S")


def account(number: str | None, in_chiaro: bool) -> str | None:
    """An account number: its last four characters, unless asked for in clear."""
    if number is None or in_chiaro:
        return number
    return in_part(number)
