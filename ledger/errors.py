"""The one way the ledger says no to a person."""


def euro(cents: int, lang: str) -> str:
    """Cents as people read them: 1.234,50 in Italian, 1,234.50 in English."""
    sign, cents = "-" if cents < 0 else "", abs(cents)
    text = f"{sign}{cents // 100:,}.{cents % 100:02d}"
    return text if lang != "it" else text.translate(str.maketrans(",.", ".,"))


class Refused(Exception):
    """A request that the rules of the house do not allow; nothing was changed.

    `code` is stable and meant for programs; `it` and `en` say what was refused and why, `hint_it` and
    `hint_en` what to do about it. `exit_code` is the one the command line ends with: 3 refused, 8 unreadable.
    """

    def __init__(
        self, code: str, it: str, en: str, *, hint_it: str = "", hint_en: str = "", exit_code: int = 3
    ) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.it = it
        self.en = en
        self.hint_it = hint_it
        self.hint_en = hint_en
        self.exit_code = exit_code

    def message(self, lang: str) -> str:
        """The refusal in "it" or "en"."""
        return self.it if lang == "it" else self.en

    def hint(self, lang: str) -> str:
        """What to do about it in "it" or "en"; empty when there is nothing to add."""
        return self.hint_it if lang == "it" else self.hint_en
