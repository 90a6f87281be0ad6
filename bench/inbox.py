"""
How long the inbox's questions take: `python -m bench.inbox [--messages N]`, a million unless told; and what rules cost.

The messages are made in SQL: as many people as a quarter of them, ten keywords, words of a small vocabulary, ids in the
order of arrival. Medians of twenty, from a warm file. What counts is processor time: others may slow the clock.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import machine
from nextpod_core import inbox, inbox_counts, rules, settings, store
from nextpod_core.db import Connection, transaction
from nextpod_core.inbox import Filter, State
from nextpod_core.people import COMMAND, DESK
from nextpod_core.rules import Rule
from tests.incoming import NOW, receive

CHUNK = 50_000
MINUTE = 60_000
LIST_MS, SEARCH_MS = 10.0, 20.0
TIMES = 20

QUESTIONS: dict[str, tuple[Filter, float]] = {
    "open, mine or nobody's": (Filter(), LIST_MS),
    "every state": (Filter(state=None, whose="anyone"), LIST_MS),
    "unread": (Filter(unread=True, whose="anyone"), LIST_MS),
    "one keyword": (Filter(state=None, keyword="ORD5", whose="anyone"), LIST_MS),
    "one keyword, open": (Filter(keyword="ORD5"), LIST_MS),
    "one number written to": (Filter(state=None, short_code="2345", whose="anyone"), LIST_MS),
    "one day": (Filter(state=None, since=NOW - 3 * 86_400_000, until=NOW - 2 * 86_400_000, whose="anyone"), LIST_MS),
    "a label that few have": (Filter(state=None, label="VIP", whose="anyone"), LIST_MS),
    "unread of one keyword": (Filter(keyword="ORD5", unread=True, whose="anyone"), LIST_MS),
    "mine": (Filter(whose="mine"), LIST_MS),
    "closed": (Filter(state=State.CLOSED, whose="anyone"), LIST_MS),
    "opted out": (Filter(opted_out=True), LIST_MS),
    "search: a common word": (Filter(search="konsert"), SEARCH_MS),
    "search: a beginning": (Filter(search="kons"), SEARCH_MS),
    "search: two words": (Filter(search="møte lør"), SEARCH_MS),
    "search: a word that nobody wrote": (Filter(search="snøstorm"), SEARCH_MS),
    "search: a word and a keyword": (Filter(search="konsert", keyword="ORD6"), SEARCH_MS),
    "search: a common word where it never is": (Filter(search="konsert", keyword="ORD5"), SEARCH_MS),
    "search: two common words that never meet": (Filter(search="konsert møte"), SEARCH_MS),
    "search: a rare word and a common one": (Filter(search="svar 4711"), SEARCH_MS),
    "search: two letters": (Filter(search="ko"), SEARCH_MS),
    "search: the beginning of everybody's number": (Filter(search="479000"), SEARCH_MS),
    "search: part of a number": (Filter(search="0012"), SEARCH_MS),
    "search: a number that nobody has": (Filter(search="1479000"), SEARCH_MS),
    "search: a whole number": (Filter(search="+47 90 00 12 34"), SEARCH_MS),
}


def main(messages: int) -> int:
    """Fill, ask, tell; 1 when something took longer than it may."""
    with tempfile.TemporaryDirectory() as folder:
        given = settings.load({"NEXTPOD_DATABASE": str(Path(folder) / "bench.db")})
        store.migrate(given, now=NOW, by=COMMAND)
        db = store.open(given)
        began = time.monotonic()
        fill(db, messages)
        print(f"{machine.told()}; {messages:,} messages made in {time.monotonic() - began:.0f} s")
        late = 0
        print("| question | processor, ms | by the clock, ms | asked |\n|---|---|---|---|")
        for name, (wanted, most) in QUESTIONS.items():
            late += told(name, lambda wanted=wanted: inbox.find(db, wanted, me=DESK.name), most)
        late += told("the counts above the list", lambda: inbox_counts.chips(db, me=DESK.name, now=NOW), LIST_MS)
        late += told("who waits, by keyword", lambda: inbox_counts.waits(db), LIST_MS)
        for count in (0, 10, 100):
            print(f"| taking a message with {count} rules | {taking(db, count):.2f} | | |")
        db.close()
    return 1 if late else 0


def fill(db: Connection, messages: int) -> None:
    """Messages of the last ninety days, and what hangs on them, as live work would have left it."""
    step = 90 * 86_400_000 // messages
    for start in range(0, messages, CHUNK):
        with transaction(db):
            db.execute(
                """
                WITH RECURSIVE n (i) AS (SELECT :start UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
                INSERT INTO inbound (arrived, source, msisdn, short_code, text, keyword, digest, verdict, read_at)
                SELECT :now - (:messages - i) * :step, 'bench',
                       '4790' || printf('%07d', (i * 7919) % :people), CASE WHEN i % 3 THEN '2345' ELSE '26112' END,
                       CASE i % 5 WHEN 0 THEN 'ja' WHEN 1 THEN 'Kommer på konsert nummer ' || (i % 977)
                                  WHEN 2 THEN 'møte på lørdag?' WHEN 3 THEN 'Når åpner dere ' || (i % 31)
                                  ELSE 'takk for svar ' || i END,
                       CASE WHEN i % 5 < 2 THEN 'ORD' || (i % 10) END,
                       CAST(printf('%016d', i) AS BLOB), 'none', CASE WHEN i % 50 THEN 1 END
                  FROM n
                """,
                {"start": start, "end": min(start + CHUNK, messages), "messages": messages, "step": step, "now": NOW,
                 "people": max(1, messages // 4)},
            )  # fmt: skip
            db.execute(
                """
                INSERT INTO inbound_words (rowid, folded)
                SELECT id, replace(replace(lower(replace(text, '?', '')), 'ø', 'o'), 'å', 'a')
                  FROM inbound WHERE id > :start
                """,
                {"start": start},
            )
    with transaction(db):
        db.execute(
            """
            INSERT INTO conversations (msisdn, state, unread, waiting_since, last_inbound_id, last_at)
            SELECT msisdn, CASE WHEN sum(read_at IS NULL) THEN 'open' ELSE 'closed' END, sum(read_at IS NULL),
                   min(CASE WHEN read_at IS NULL THEN arrived END), max(id), max(arrived)
              FROM inbound GROUP BY msisdn
            """
        )
        db.execute(
            "INSERT INTO labels SELECT msisdn, 'VIP', 1, 'bench' FROM conversations WHERE substr(msisdn, -4) = '0012'"
        )
        db.execute(
            """
            INSERT INTO suppressions (msisdn, reason, inbound_id, note, added_at, added_by)
            SELECT msisdn, 'stop', last_inbound_id, '', last_at, 'bench'
              FROM conversations WHERE substr(msisdn, -3) = '123'
            """
        )
        db.execute(
            """
            INSERT INTO inbound_counts
            SELECT arrived / 3600000 * 3600000, short_code, coalesce(keyword, ''), '', verdict, 0, count(*)
              FROM inbound GROUP BY 1, 2, 3, 4, 5, 6
            """
        )


def taking(db: Connection, count: int) -> float:
    """Median processor time, in milliseconds, of one message's transaction with so many rules, of which one fits."""
    for number in range(len(rules.every(db)), count):
        rule = Rule(f"Rule {number}", way="contains", words=f"ord{number}\nandre{number}", label="L")
        rules.switch(db, rules.save(db, rule, by=DESK, now=NOW), True, by=DESK, now=NOW)
    took = []
    for number in range(50):
        who, at = f"4791{number:06d}", NOW + number
        took.append(timed(lambda who=who, at=at: receive(db, who, "Hei, dette er ord3 altså", at=at))[0])
    return statistics.median(took)


def told(name: str, work: Callable[[], object], most: float | None) -> bool:
    """Print one line of the table; whether it took longer than it may."""
    both = [timed(work) for _ in range(TIMES)]
    processor, clock = (statistics.median(column) for column in zip(*both, strict=True))
    print(f"| {name} | {processor:.1f} | {clock:.1f} | {'' if most is None else f'≤ {most:.0f}'} |")
    return most is not None and processor > most


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of this thread's processor time, and by the clock."""
    began, clock = time.thread_time(), time.perf_counter()
    work()
    return (time.thread_time() - began) * 1000, (time.perf_counter() - clock) * 1000


if __name__ == "__main__":
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--messages", type=int, default=1_000_000)
    sys.exit(main(command.parse_args().messages))
