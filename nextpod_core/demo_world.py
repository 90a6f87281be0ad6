"""The invented world of the demonstration: networks and how they deliver, kinds of campaigns, names, and the dice."""

import datetime
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nextpod_core.counts import HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class Network:
    """How a simulated network behaves: of the settled messages `good` are delivered, in about `median` ms."""

    mcc: int
    mnc: int
    prefix: str
    weight: float
    good: float
    median: float


NETWORKS = (
    Network(242, 1, "4790", 46, 0.981, 5_600),
    Network(242, 2, "4741", 31, 0.962, 6_900),
    Network(242, 14, "4748", 14, 0.915, 9_800),
    Network(240, 1, "46700", 4, 0.957, 11_000),
    Network(238, 1, "4520", 3, 0.949, 12_500),
    Network(262, 2, "4915211", 2, 0.903, 19_000),
)
SENDERS = (("Nextpod", 0, None, 1), ("Klubben", 0, None, 0), ("2345", 1, "KLUBB", 0))
# What people answer to an offer: long and short, in the languages that are heard in a Norwegian town.
REMARKS = (
    "Når stenger dere?",
    "Kommer innom etter jobb 😊",
    "Gjelder det også ski og staver?",
    "Tusen takk! 🎉",
    "Er det mer igjen av de røde jakkene i størrelse 38?",
    "Kan jeg reservere to stykker og hente på lørdag?",
    "Hei! Jeg var innom i dag, men han i kassen visste ikke noe om tilbudet. Viste meldingen, fikk likevel full pris. "
    "Kan dere ordne det, eller må jeg komme tilbake med kvitteringen? Hilsen Siv",
    "Supert 👍👍",
    "Hvor parkerer man?",
    "Do you have this in the online shop as well?",
    "Great, see you on Saturday!",
    "Is it open on Sunday? We are coming from Sweden with three kids and a dog 🐕",
    "Gäller det även i butiken i Strömstad?",
    "Tack, vi kommer på lördag!",
    "Har ni öppet på söndag?",
    "Kan ikke denne helgen, kommer det flere tilbud før jul?",
    "👏",
    "Kor lenge varer tilbodet?",
    "Rekker ikke lørdag. Kan dattera mi hente for meg?",
    "Kult",
    "Fant akkurat det jeg trengte, takk for fin hjelp av hun med krøllene ❤️",
    "Har dere gavekort?",
    "Gjelder halv pris på varer som alt er satt ned?",
    "Hva koster gulrøttene nå? 🥕",
)
# A campaign's name, sender, purpose, text, how many of its readers answer, and what they answer.
KINDS: tuple[tuple[str, str, str, str, float, tuple[str, ...]], ...] = (
    ("Membership renewal", "Klubben", "marketing", "Hei {}! Medlemskapet ditt går ut snart. Svar JA til 2345 for å "
     "fornye. Avmeld: STOPP KLUBB til 2345", 0.09, ("JA", "JA", "JA", "NEI")),
    ("Appointment reminder", "Nextpod", "service", "Hei {}, vi minner om timen din i morgen.", 0.0, ()),
    ("Survey", "2345", "service", "Hei {}! Hvor fornøyd er du, fra 1 til 5? Svar KLUBB og tallet.", 0.16,
     ("KLUBB 5", "KLUBB 4", "KLUBB 4", "KLUBB 3", "KLUBB 1")),
    ("Weekend offer", "Klubben", "marketing", "Helgetilbud 🎉 – {}, alt på lager til halv pris lørdag. "
     "Vis denne meldingen i kassen. Avmeld: STOPP KLUBB til 2345", 0.03, ("JA", *REMARKS)),
    ("Snow closure", "Nextpod", "service", "Veien er stengt på grunn av snø. Følg med på nettsidene våre.", 0.0, ()),
)  # fmt: skip
QUESTIONS = (
    "Hei! Jeg har flyttet, hvor endrer jeg adressen?",
    "Kan jeg ta med to barn på lørdag?",
    "Fikk aldri kvittering for medlemskapet",
    "Timen i morgen passer dårlig, kan jeg få en ny?",
    "Takk for beskjed 😊",
    "Feil nummer, jeg kjenner ingen Kari",
    "Gjelder tilbudet også i nettbutikken?",
    "When does the office open tomorrow?",
    "Er veien åpnet igjen?",
    "Jeg betalte forrige uke, ser dere det?",
    "Kan noen ringe meg?",
    "Må jeg svare på hele undersøkelsen?",
)
NAMES = ("Ola Eksempel", "Kari Eksempel", "Siv Prøve", "Per Prøve", "Ada Test", "Liv Oppdiktet")
# Share of the negative ones, status, status word, operator code, and the hours it takes to know.
NEGATIVES = (
    (0.42, "failed", "FAILED", "1006", 0.02),
    (0.10, "failed", "UNDELIVERABLE", "1004", 0.05),
    (0.30, "expired", "EXPIRED", "1002", 24.0),
    (0.13, "rejected", "REJECTED", "2000", 0.001),
    (0.05, "failed", "ABSENT", "", 6.0),
)
UNHEARD_OF, SILENT = 0.0015, 0.004
WEIGHTS = [network.weight for network in NETWORKS]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one message: status, word and code of its report (none when silent), and how long it took, ms."""

    status: str
    word: str | None
    code: str | None
    wait: int


def fate(dice: random.Random, network: Network, good: float) -> Fate:
    """Throw the dice for one message: `good` is the share of the settled that are delivered."""
    luck = dice.random()
    if luck < SILENT:
        return Fate("accepted", None, None, 0)
    if luck < SILENT + UNHEARD_OF:
        return Fate("unrecognised", "PARKED", "7301", round(dice.expovariate(1 / 30_000)) + 500)
    if dice.random() < good:
        wait = network.median * dice.lognormvariate(0, 0.55)
        if dice.random() < 0.035:  # phones that are off, in a tunnel, in a mine
            wait *= dice.lognormvariate(4.0, 1.3)
        return Fate("delivered", "DELIVERED", "1001", round(min(max(wait, 700), 60 * HOUR)))
    share = dice.random()
    for weight, status, word, code, hours in NEGATIVES:
        share -= weight
        if share < 0:
            return Fate(status, word, code, round(hours * HOUR * dice.uniform(0.6, 1.4)) + 1_500)
    return Fate("failed", "FAILED", "1006", 60_000)


def shares(dice: random.Random, whole: int, pieces: int) -> list[int]:
    """`whole` cut into uneven pieces, as campaigns differ in size."""
    weights = [dice.lognormvariate(0, 0.9) for _piece in range(pieces)]
    return [max(1, round(whole * weight / sum(weights))) for weight in weights]


def starts(dice: random.Random, *, now: int, zone: ZoneInfo, days: int, campaigns: int) -> list[int]:
    """When campaigns begin: mostly on weekdays between nine and seven on the team's clock; the last one just now."""
    today = datetime.datetime.fromtimestamp(now / 1000, zone).replace(minute=0, second=0, microsecond=0)
    found = [now - 95 * MINUTE, now - 7 * MINUTE]
    while len(found) < campaigns:
        # Of a long past a fifth is of the last thirty days, so that the pages open on some life.
        lately = days > 30 and dice.random() < 0.2
        day = today - datetime.timedelta(days=dice.randrange(30 if lately else days))
        if day.weekday() >= 5 and dice.random() < 0.75:
            continue
        hour = dice.choice((9, 9, 10, 10, 10, 11, 12, 13, 14, 15, 16, 17, 19))
        local = day.replace(hour=hour, minute=dice.choice((0, 0, 0, 15, 30)))
        start = round(local.timestamp() * 1000)
        if start < now - 2 * HOUR:
            found.append(start)
    return sorted(found)
