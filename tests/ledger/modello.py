"""The reference model: the life of distinte and orders said again, naively, with dictionaries and loops.

It shares nothing with the engine: its words for states and events, what each kind may hear from the bank, who may sign,
what is a double. Each verb either changes it or raises `No` with the code that the engine should refuse with.
"""

from __future__ import annotations

from typing import Any

Riga = dict[str, Any]
PRIMA = ("Inserita", "Con errori", "Da spedire", "Firmata")  # of leaving: bytes can still change
DA_BUTTARE = ("Inserita", "Con errori", "Da spedire")
IN_BANCA = ("Inoltrata", "Ricevuta Banca")
SENZA_NOME = ("Con errori", "Scartata", "Eliminata")
SENZA_EFFETTO = ("Con errori", "Scartata", "Eliminata", "Rifiutata")
RIPRESENTABILI = ("Insoluta", "Stornata", "Scartata", "Richiamata")
INCASSI = ("RIBA", "RID", "MAV")
SI_RICHIAMANO = ("RIBA", "MAV")  # with a flow of their own; of R.I.D. it is only marked

# What the bank may say of an order, each word stronger than those before it.
PAROLE = {
    "RIBA": ("scarta", "richiama", "paga", "storna", "insolvi"),
    "RID": ("scarta", "richiama", "paga", "storna", "insolvi"),
    "MAV": ("scarta", "richiama", "storna", "insolvi", "paga"),
    "PC": ("scarta", "ordina", "storna"),
    "F4": ("scarta", "accetta", "revoca", "rifiuta", "quietanza"),
}
DETTA = {
    "scarta": "Scartata",
    "richiama": "Richiamata",
    "paga": "Pagata",
    "storna": "Stornata",
    "insolvi": "Insoluta",
    "ordina": "Ordinata",
    "accetta": "Accettata",
    "revoca": "Revocata",
    "rifiuta": "Rifiutata",
    "quietanza": "Quietanzata",
}
DISTINTA = {
    "ricevi": {
        "Inoltrata": "Ricevuta Banca",
        "Ricevuta Banca": "Ricevuta Banca",
        "Scartata": "Scartata",
        "Elaborata": "Elaborata",
    },
    "scarta": {"Inoltrata": "Scartata", "Ricevuta Banca": "Scartata", "Scartata": "Scartata"},
    "elabora": {"Inoltrata": "Elaborata", "Ricevuta Banca": "Elaborata", "Scartata": "Elaborata"},
}


def dove(flusso: str, evento: str) -> dict[str, str]:
    """Where a word of the bank leads a distinta of a kind, by its state."""
    if evento == "scarta" and "paga" in PAROLE[flusso]:
        return {**DISTINTA[evento], "Elaborata": "Scartata"}  # it may be so because nothing was heard
    return DISTINTA[evento]


PESI = {"anna": 50, "bruno": 50, "carla": 100}


class No(Exception):
    """Refused, with this code."""


class Modello:
    """Distinte and orders by id; an id is one more than the last."""

    def __init__(self) -> None:
        self.distinte: dict[int, Riga] = {}
        self.ordini: dict[int, Riga] = {}

    def copia(self) -> Modello:
        other = Modello()
        other.distinte = {
            n: {**each, "ordini": [*each["ordini"]], "firme": {**each["firme"]}} for n, each in self.distinte.items()
        }
        other.ordini = {n: {**each} for n, each in self.ordini.items()}
        return other

    # --- verbs --------------------------------------------------------------------------------------------------------

    def importa(self, file: str, flusso: str, nome: str, ordini: list[Riga]) -> str:
        """An import of a file with one supporto; its verdict."""
        if any(each["file"] == file and each["stato"] != "Eliminata" for each in self.distinte.values()):
            return "file_gia_importato"
        if self._occupato(flusso, nome):
            return "supporto_gia_presente"
        new = self._nuova(flusso, nome, ordini, file=file)
        return "ordini_gia_visti" if self._giudica(new) else "importata"

    def create(self, ids: list[int], giorno: str) -> None:
        self._sciogli(ids)
        self._simili(ids)
        flusso = self.ordini[ids[0]]["flusso"]
        new = self._nuova(flusso, self._nome_libero(flusso, f"{flusso}-{giorno}"), [])
        self._entra(new, ids)
        self._giudica(new)

    def add(self, number: int, ids: list[int]) -> None:
        mine = self._modificabile(number)
        self._leggibile(number)
        entering = [each for each in ids if each not in mine["ordini"]]
        if not entering:
            raise No("DISPOSIZIONE-002")
        self._sciogli(entering)
        self._simili([mine["ordini"][0], *entering])
        self._rifai(number, [*mine["ordini"], *entering])
        self._entra(number, [])

    def take_out(self, number: int, ids: list[int]) -> None:
        self._togli(number, ids)

    def edit(self, number: int, campi: dict[str, str], ids: list[int]) -> None:
        mine = self._modificabile(number)
        self._leggibile(number)
        self._suoi(number, ids)
        for each in ids or mine["ordini"]:
            self._cambia(self.ordini[each], campi)
        self._rifai(number, mine["ordini"], nome=campi.get("nome", mine["nome"]))

    def copy(self, number: int, giorno: str) -> None:
        self._leggibile(self._distinta(number))
        mine = self.distinte[number]
        self._copia(mine["flusso"], mine["ordini"], giorno)

    def delete(self, number: int) -> None:
        mine = self.distinte[self._distinta(number)]
        if mine["stato"] not in DA_BUTTARE:
            raise No("STATO-001")
        self._muovi(number, "Eliminata", dict.fromkeys(DA_BUTTARE, "Eliminata"))
        for each in mine["richiamo_di"]:
            asked = self.ordini[each]
            if asked["stato"] == "Richiamo chiesto":
                received = self.distinte[asked["distinta"]]["stato"] == "Ricevuta Banca"
                asked["stato"] = "Ricevuta Banca" if received else "Inoltrata"

    def delete_order(self, each: int) -> None:
        order = self._ordine(each)
        if order["distinta"] is not None:
            raise No("DISPOSIZIONE-003")
        if order["stato"] not in DA_BUTTARE:
            raise No("STATO-001")
        order["stato"] = "Eliminata"

    def recall(self, number: int, ids: list[int], giorno: str) -> None:
        mine = self.distinte[self._distinta(number)]
        if ids:
            self._leggibile(number)
            self._suoi(number, ids)
            ids = [each for each in mine["ordini"] if each in ids]
        else:
            open_ = mine["flusso"] in INCASSI
            ids = [each for each in mine["ordini"] if open_ and self.ordini[each]["stato"] in IN_BANCA]
            if not ids:
                raise No("RICHIAMO-001")
        if any(self.ordini[each]["richiamo"] for each in ids):
            raise No("RICHIAMO-002")
        for each in ids:
            self.parola(each, "chiedi_richiamo")
        if mine["flusso"] in SI_RICHIAMANO:
            self._copia(mine["flusso"], ids, giorno, richiamo_di=ids)

    def resend(self, number: int, ids: list[int], scadenza: str, giorno: str) -> None:
        self._leggibile(self._distinta(number))
        self._suoi(number, ids)
        mine = self.distinte[number]
        ids = [each for each in mine["ordini"] if each in ids]
        if mine["flusso"] != "RID":
            raise No("RIPRESENTA-001")
        if any(self.ordini[each]["stato"] not in RIPRESENTABILI for each in ids):
            raise No("RIPRESENTA-002")
        self._copia(mine["flusso"], ids, giorno, scadenza=scadenza)

    def revoke(self, number: int, ids: list[int]) -> None:
        self._leggibile(self._distinta(number))
        self._suoi(number, ids)
        for each in ids or self.distinte[number]["ordini"]:
            self.parola(each, "revoca")

    def approve(self, number: int) -> None:
        if self.distinte[self._distinta(number)]["stato"] != "Inserita":
            raise No("STATO-001")
        self._muovi(number, "Da spedire", {"Inserita": "Da spedire"})

    def sign(self, number: int, login: str) -> None:
        mine = self.distinte[self._distinta(number)]
        if mine["stato"] not in ("Da spedire", "Firmata"):
            raise No("STATO-001")
        if self.firmato(number) >= 100:
            raise No("FIRMA-002")
        if login in mine["firme"]:
            raise No("FIRMA-003")
        mine["firme"][login] = PESI[login]
        self._muovi(number, "Firmata", {"Da spedire": "Firmata"})

    def refuse(self, number: int) -> None:
        """Who should sign does not want to."""
        self._annulla(number, ("Da spedire", "Firmata"), "Inserita")

    def zero(self, number: int) -> None:
        self._annulla(number, ("Firmata",), "Da spedire")

    def inoltra(self, number: int) -> None:
        if self.distinte[self._distinta(number)]["stato"] != "Firmata":
            raise No("STATO-001")
        if self.firmato(number) < 100:
            raise No("FIRMA-001")
        self._muovi(number, "Inoltrata", {"Firmata": "Inoltrata"})

    def banca(self, number: int, evento: str) -> None:
        """A word of the bank on a whole distinta: it moves the orders of which it has said nothing yet."""
        mine = self.distinte[self._distinta(number)]
        leads = dove(mine["flusso"], evento)
        if mine["stato"] not in leads:
            raise No("STATO-001")
        mine["stato"] = leads[mine["stato"]]
        said = [DETTA[word] for word in PAROLE[mine["flusso"]]]
        for each in mine["ordini"]:
            order = self.ordini[each]
            if evento == "ricevi" and order["stato"] == "Inoltrata":
                order["stato"] = "Ricevuta Banca"
            if evento == "scarta" and order["stato"] not in said:
                order["stato"] = self._dopo(order, evento) or order["stato"]

    def parola(self, each: int, evento: str) -> None:
        """A word on one order, of the bank or of who asks it back."""
        order = self._ordine(each)
        after = self._dopo(order, evento)
        if after is None:
            raise No("STATO-001")
        order["stato"] = after

    def firmato(self, number: int) -> int:
        return sum(self.distinte[number]["firme"].values())

    # --- what they share ----------------------------------------------------------------------------------------------

    @staticmethod
    def _dopo(order: Riga, evento: str) -> str | None:
        stato, incasso, words = order["stato"], order["flusso"] in INCASSI, PAROLE[order["flusso"]]
        if evento in ("chiedi_richiamo", "presumi"):
            asked = {"chiedi_richiamo": "Richiamo chiesto", "presumi": "Presunta pagata"}
            return asked[evento] if incasso and stato in IN_BANCA else None
        if evento == "rinuncia":
            return "Inoltrata" if incasso and stato == "Richiamo chiesto" else None
        if evento not in words:
            return None
        silent = (*IN_BANCA, "Richiamo chiesto", "Presunta pagata") if incasso else IN_BANCA
        before = [DETTA[word] for word in words[: words.index(evento)]]
        return DETTA[evento] if stato in (*silent, *before) else None

    def _annulla(self, number: int, da: tuple[str, ...], a: str) -> None:
        """The signatures given count no more."""
        mine = self.distinte[self._distinta(number)]
        if mine["stato"] not in da:
            raise No("STATO-001")
        mine["firme"] = {}
        mine["revisione"] += 1
        self._muovi(number, a, dict.fromkeys(da, a))

    def _distinta(self, number: int) -> int:
        if number not in self.distinte:
            raise No("DISTINTA-001")
        return number

    def _ordine(self, each: int) -> Riga:
        if each not in self.ordini:
            raise No("DISPOSIZIONE-001")
        return self.ordini[each]

    def _modificabile(self, number: int) -> Riga:
        mine = self.distinte[self._distinta(number)]
        if mine["stato"] not in PRIMA:
            raise No("STATO-001")
        return mine

    def _leggibile(self, number: int) -> None:
        if not self.distinte[number]["ordini"]:
            raise No("DISTINTA-002")

    def _suoi(self, number: int, ids: list[int]) -> None:
        if any(each not in self.distinte[number]["ordini"] for each in ids):
            raise No("DISPOSIZIONE-001")

    def _simili(self, ids: list[int]) -> None:
        if len({(o["flusso"], o["conto"], o["richiamo"]) for o in (self.ordini[each] for each in ids)}) > 1:
            raise No("OMOGENEITA-001")

    def _occupato(self, flusso: str, nome: str, tranne: int = 0) -> bool:
        return any(
            number != tranne and (each["flusso"], each["nome"]) == (flusso, nome) and each["stato"] not in SENZA_NOME
            for number, each in self.distinte.items()
        )

    def _nome_libero(self, flusso: str, nome: str) -> str:
        wanted, n = nome, 1
        while self._occupato(flusso, nome):
            n += 1
            nome = f"{wanted}-{n}"
        return nome

    def _nuova(self, flusso: str, nome: str, ordini: list[Riga], *, file: str = "", richiamo_di: Any = ()) -> int:
        number = len(self.distinte) + 1
        mine = {"flusso": flusso, "nome": nome, "stato": "Inserita", "revisione": 1, "firme": {}, "file": file}
        self.distinte[number] = {**mine, "ordini": [], "richiamo_di": [*richiamo_di]}
        for order in ordini:
            each = len(self.ordini) + 1
            self.ordini[each] = {**order, "stato": "Inserita", "distinta": number}
            self.distinte[number]["ordini"].append(each)
        return number

    def _copia(self, flusso: str, ids: list[int], giorno: str, *, scadenza: str = "", richiamo_di: Any = ()) -> None:
        made = [{**self.ordini[each]} for each in ids]
        for order in made:
            order["richiamo"] = order["richiamo"] or bool(richiamo_di)
            order["scadenza"] = scadenza or order["scadenza"]
        nome = self._nome_libero(flusso, f"{flusso}-{giorno}")
        self._giudica(self._nuova(flusso, nome, made, richiamo_di=richiamo_di))

    def _sciogli(self, ids: list[int]) -> None:
        for each in ids:
            self._ordine(each)
        if any(self.ordini[each]["stato"] not in PRIMA for each in ids):
            raise No("STATO-001")
        for owner in dict.fromkeys(self.ordini[each]["distinta"] for each in ids):
            if owner is not None:
                self._togli(owner, [each for each in ids if self.ordini[each]["distinta"] == owner])

    def _togli(self, number: int, ids: list[int]) -> None:
        mine = self._modificabile(number)
        self._leggibile(number)
        self._suoi(number, ids)
        if mine["richiamo_di"]:
            raise No("RICHIAMO-003")
        for each in ids:
            self.ordini[each] |= {"stato": "Inserita", "distinta": None}
        rest = [each for each in mine["ordini"] if each not in ids]
        if rest:
            self._rifai(number, rest)
        else:
            mine |= {"stato": "Eliminata", "ordini": []}

    def _entra(self, number: int, ids: list[int]) -> None:
        self.distinte[number]["ordini"] += ids
        for each in self.distinte[number]["ordini"]:
            self.ordini[each]["distinta"] = number

    def _rifai(self, number: int, ids: list[int], *, nome: str = "") -> None:
        """Its bytes are made again: a new revision, no signature, checked anew."""
        mine = self.distinte[number]
        nome = nome or mine["nome"]
        if self._occupato(mine["flusso"], nome, number):
            raise No("SUPPORTO-001")
        mine |= {"nome": nome, "stato": "Inserita", "revisione": mine["revisione"] + 1, "firme": {}, "ordini": [*ids]}
        for each in ids:
            self.ordini[each] |= {"stato": "Inserita", "distinta": number}
        self._giudica(number)

    def _cambia(self, order: Riga, campi: dict[str, str]) -> None:
        order |= {name: value for name, value in campi.items() if name != "nome"}

    def _giudica(self, number: int) -> bool:
        """Aside with its errors; still, because of doubles (True); or on to the signatures."""
        mine = [self.ordini[each] for each in self.distinte[number]["ordini"]]
        if any(order["codice_fiscale"] == "00000000000" for order in mine):
            self._muovi(number, "Con errori", {"Inserita": "Con errori"})
            return False
        if any(self._doppia(each) for each in self.distinte[number]["ordini"]):
            return True
        self._muovi(number, "Da spedire", {"Inserita": "Da spedire"})
        return False

    def _doppia(self, each: int) -> bool:
        mine = self.ordini[each]
        same = ("flusso", "chiave", "importo", "scadenza", "codice_fiscale", "causale", "richiamo")
        return any(
            all(mine[name] == order[name] for name in same)
            and order["stato"] not in SENZA_EFFETTO
            and (order["distinta"] != mine["distinta"] or other < each)
            for other, order in self.ordini.items()
            if other != each
        )

    def _muovi(self, number: int, stato: str, ordini: dict[str, str]) -> None:
        mine = self.distinte[number]
        mine["stato"] = stato
        for each in mine["ordini"]:
            order = self.ordini[each]
            order["stato"] = ordini.get(order["stato"], order["stato"])
