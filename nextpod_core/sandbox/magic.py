"""The documented numbers, keys and senders with which a person brings about one outcome on purpose."""

from dataclasses import dataclass
from enum import StrEnum, auto

PREFIX = "4799999"


class Outcome(StrEnum):
    """What becomes of one text to a magic number."""

    DELIVERED = auto()
    FAILED = auto()
    EXPIRED = auto()
    REJECTED = auto()
    UNHEARD_OF = auto()
    NO_REPORT = auto()
    TWICE = auto()
    BEFORE_ANSWER = auto()
    TAKEN_BACK = auto()
    LATE = auto()
    SAYS_YES = auto()
    SAYS_NO = auto()
    SAYS_STOP = auto()
    ASKS = auto()
    # What befalls the whole request when one of its recipients has the number:
    ANSWER_LOST = auto()
    SILENCE = auto()
    SLOW = auto()
    FAULT = auto()
    FAULT_BUT_SENT = auto()
    FAULT_ONCE = auto()
    REFUSED = auto()
    UNREADABLE = auto()


REQUEST_WIDE = frozenset(
    {
        Outcome.ANSWER_LOST,
        Outcome.SILENCE,
        Outcome.SLOW,
        Outcome.FAULT,
        Outcome.FAULT_BUT_SENT,
        Outcome.FAULT_ONCE,
        Outcome.REFUSED,
        Outcome.UNREADABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Magic:
    """One number, what it does, and the sentence about it in English and bokmål."""

    number: str
    outcome: Outcome
    en: str
    nb: str


TABLE: tuple[Magic, ...] = (
    Magic("4799999001", Outcome.DELIVERED, "Delivered after 2 seconds", "Levert etter 2 sekunder"),
    Magic("4799999002", Outcome.FAILED, "Fails: unknown subscriber", "Feiler: ukjent abonnent"),
    Magic("4799999003", Outcome.EXPIRED, "Waits, then expires", "Venter og utløper"),
    Magic("4799999004", Outcome.REJECTED, "Rejected by the operator", "Avvist av operatøren"),
    Magic("4799999005", Outcome.UNHEARD_OF, "Reports a status word nobody knows", "Rapporterer et ukjent statusord"),
    Magic("4799999006", Outcome.NO_REPORT, "Never reports", "Rapporterer aldri"),
    Magic("4799999007", Outcome.TWICE, "Reports delivered twice", "Rapporterer levert to ganger"),
    Magic(
        "4799999008", Outcome.BEFORE_ANSWER, "Reports before the request is answered", "Rapporterer før svaret kommer"
    ),
    Magic("4799999009", Outcome.TAKEN_BACK, "Reports delivered, then failed", "Rapporterer levert, så feilet"),
    Magic("4799999010", Outcome.LATE, "Delivered, reports after 15 minutes", "Levert, rapporterer etter 15 minutter"),
    Magic("4799999011", Outcome.SAYS_YES, "Delivered, answers JA", "Levert, svarer JA"),
    Magic("4799999012", Outcome.SAYS_NO, "Delivered, answers NEI", "Levert, svarer NEI"),
    Magic("4799999013", Outcome.SAYS_STOP, "Delivered, answers STOPP", "Levert, svarer STOPP"),
    Magic("4799999014", Outcome.ASKS, "Delivered, asks a question", "Levert, stiller et spørsmål"),
    Magic(
        "4799999020",
        Outcome.ANSWER_LOST,
        "Request accepted, connection closed without an answer",
        "Forespørselen godtas, forbindelsen lukkes uten svar",
    ),
    Magic(
        "4799999021",
        Outcome.SILENCE,
        "Request accepted, no answer for two minutes",
        "Forespørselen godtas, ikke noe svar på to minutter",
    ),
    Magic("4799999022", Outcome.SLOW, "Request answered after 10 seconds", "Forespørselen besvares etter 10 sekunder"),
    Magic("4799999023", Outcome.FAULT, "500, and nothing is sent", "500, og ingenting sendes"),
    Magic("4799999024", Outcome.FAULT_BUT_SENT, "500, although it was sent", "500, selv om den ble sendt"),
    Magic(
        "4799999025", Outcome.FAULT_ONCE, "500 the first time, accepted after that", "500 første gang, siden godtatt"
    ),
    Magic("4799999026", Outcome.REFUSED, "400: To parameter …", "400: To parameter …"),
    Magic(
        "4799999027",
        Outcome.UNREADABLE,
        "Accepted, answered 200 with JSON that lacks a comma, as the API's document prints it",
        "Godtatt, besvart 200 med JSON som mangler et komma, slik API-dokumentet viser den",
    ),
)

BY_NUMBER: dict[str, Outcome] = {magic.number: magic.outcome for magic in TABLE}

# An account id or a key that is answered with its code, whatever else is right. Every other one is let in.
ACCOUNTS: dict[str, int] = {"401": 401, "402": 402, "403": 403}
KEYS: dict[str, int] = {f"sandbox-{code}": code for code in (401, 402, 403, 429, 500)}

# "Please note that some sender values are blocked"
BLOCKED_SENDERS = frozenset({"blocked", "politiet", "112"})


def of_request(recipients: list[str]) -> Outcome | None:
    """What befalls a request to these recipients as a whole; the lowest number decides."""
    found = [number for number in recipients if number.startswith(PREFIX) and BY_NUMBER.get(number) in REQUEST_WIDE]
    return BY_NUMBER[min(found)] if found else None
