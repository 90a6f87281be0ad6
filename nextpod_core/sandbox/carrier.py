"""The simulated network: what becomes of a text, when, and what the person does. A function of its arguments alone.

Seconds in here are those of the simulated world, before `NEXTPOD_SANDBOX_SPEED` divides them. Nothing hangs on the
order in which texts arrive: only on the seed, the number, and how many texts this number got before.
"""

from dataclasses import dataclass

from nextpod_core.sandbox import magic
from nextpod_core.sandbox.dice import draw, log_normal
from nextpod_core.sandbox.magic import Outcome
from nextpod_core.sandbox.operators import Operator, operator_of, person
from nextpod_core.sandbox.replies import Mood, Reply, Route, reply

# The document knows one code, 200 for DELIVERED with 1001 from the operator. The others are the sandbox's own.
STATUS_CODES = {"DELIVERED": 200, "BUFFERED": 102, "FAILED": 400, "REJECTED": 403, "EXPIRED": 408, "PARKED": 742}

DEAD, BARRED = 0.010, 0.014  # numbers that never work: no such subscriber, barred for good
FAILURES = ("1006", "1004", "2107", "6")
FEWER_WHEN_ONLY_STOP = 0.15  # A text that asks for nothing gets nothing but the odd STOPP.
SLOW_TAIL = 0.035  # phones that are off, flat or in a tunnel


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery report: what it says, when that happened, and when it is sent; seconds from the sending."""

    word: str
    operator_code: str
    at: float
    due: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All that follows from one text. `first`: the report goes out before the request is answered."""

    reports: tuple[Report, ...]
    reply: Reply | None = None
    reply_at: float = 0.0
    first: bool = False


def plan(seed: str, number: str, nth: int, *, way: Route | None, answers: float, stopped: bool, fallback: str) -> Plan:
    """What becomes of the nth text to a number.

    `way` is where the text can be answered; `answers` the share of people who do; `stopped` says that this person
    answered STOPP before and keeps silent; `fallback` is the short code of the magic numbers that always answer.
    """
    outcome = magic.BY_NUMBER.get(number)
    if outcome is not None:
        return _on_purpose(outcome, seed, number, nth, way or Route(fallback))
    operator = operator_of(number, seed=seed)
    chance = draw(seed, "text", number, nth)
    reports, delivered_at = _fate(operator, chance, dead=person(seed, number)[1])
    if way is not None and way.stop_only:
        answers *= FEWER_WHEN_ONLY_STOP
    if delivered_at is None or way is None or stopped or chance[6] >= answers:
        return Plan(reports)
    said = reply(seed, number, nth, country=operator.country, way=way, mood=Mood.STOP if way.stop_only else None)
    return Plan(reports, said, delivered_at + said.after)


def _fate(operator: Operator, chance: tuple[float, ...], *, dead: float) -> tuple[tuple[Report, ...], float | None]:
    """The reports of a text, and when it reached the handset if it did."""
    usual = log_normal(operator.median, 0.55, chance[2])
    lag = 0.2 + chance[5]  # from the handset's word to the gateway's report
    if dead < DEAD:
        return (_report("FAILED", "2104", 1 + usual / 3, lag),), None
    if dead < BARRED:
        return (_report("FAILED", "2105", 1 + usual / 3, lag),), None
    fate = chance[0] / operator.failing
    if fate < 0.45:
        return (_report("FAILED", FAILURES[int(chance[1] * len(FAILURES))], usual, lag),), None
    if fate < 0.75:
        waiting = _report("BUFFERED", "1012", usual, lag)
        return (waiting, _report("EXPIRED", "1002", 600 + 1200 * chance[3], lag)), None
    if fate < 0.9:
        return (_report("REJECTED", "2103", 0.5 + chance[3], lag),), None
    if fate < 1:
        return (), usual  # It arrived, and nobody was told.
    if chance[3] < SLOW_TAIL:
        late = 60 + min(log_normal(240, 1.1, chance[4]), 6 * 3600)
        return (_report("BUFFERED", "1012", usual, lag), _report("DELIVERED", "1001", late, lag)), late
    return (_report("DELIVERED", "1001", usual, lag),), usual


def _report(word: str, operator_code: str, at: float, lag: float) -> Report:
    return Report(word, operator_code, at, at + lag)


def _on_purpose(outcome: Outcome, seed: str, number: str, nth: int, way: Route) -> Plan:
    delivered = _report("DELIVERED", "1001", 2, 0)
    match outcome:
        case Outcome.FAILED:
            return Plan((_report("FAILED", "2104", 2, 0),))
        case Outcome.EXPIRED:
            return Plan((_report("BUFFERED", "1012", 2, 0), _report("EXPIRED", "1002", 20, 0)))
        case Outcome.REJECTED:
            return Plan((_report("REJECTED", "2103", 1, 0),))
        case Outcome.UNHEARD_OF:
            return Plan((_report("PARKED", "7420", 2, 0),))
        case Outcome.NO_REPORT:
            return Plan(())
        case Outcome.TWICE:
            return Plan((delivered, Report("DELIVERED", "1001", 2, 4)))
        case Outcome.BEFORE_ANSWER:
            return Plan((_report("DELIVERED", "1001", 0, 0),), first=True)
        case Outcome.TAKEN_BACK:
            return Plan((delivered, _report("FAILED", "1009", 6, 0)))
        case Outcome.LATE:
            return Plan((Report("DELIVERED", "1001", 2, 15 * 60),))
    moods = {
        Outcome.SAYS_YES: Mood.YES,
        Outcome.SAYS_NO: Mood.NO,
        Outcome.SAYS_STOP: Mood.STOP,
        Outcome.ASKS: Mood.QUESTION,
    }
    if outcome not in moods:
        return Plan((delivered,))
    said = reply(seed, number, nth, country="NO", way=way, mood=moods[outcome])
    if outcome is not Outcome.ASKS:  # The plain word in capitals, so that what follows can be foreseen.
        plain = {Mood.YES: "JA", Mood.NO: "NEI", Mood.STOP: "STOPP"}[moods[outcome]]
        text = f"{plain} {way.keyword}" if way.keyword_last else f"{way.keyword} {plain}".strip()
        said = Reply(way.to, text, 10, stops=said.stops)
    return Plan((delivered,), said, 12)
