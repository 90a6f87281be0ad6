"""
What people send to us: one incoming message read, kept, judged and obeyed, all in the commit before its 200.

A STOP stands on the suppression list in the same transaction as the message itself. The same message again (its id at
Nextpod, else all its fields) is counted and changes nothing. Ordered by arrival: `received_time` names no zone.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nextpod_core import (
    automation,
    bodies,
    changes,
    counts,
    emptying,
    folding,
    inbox_search,
    keywords,
    options,
    optouts,
    suppressions,
)
from nextpod_core import msisdn as numbers
from nextpod_core.bodies import Unreadable
from nextpod_core.counts import Tally
from nextpod_core.db import Connection, Row
from nextpod_core.keywords import Verdict
from nextpod_core.options import Options
from nextpod_core.rules import Heard

ANSWER_WITHIN = 14 * 86_400_000  # after that a text is no longer taken for the answer to a campaign
OUT = frozenset({Verdict.OUT, Verdict.OUT_BY_PREFIX})
PLAIN = frozenset({Verdict.OUT, Verdict.IN})  # the word and nothing else: nobody has to answer it


@dataclass(frozen=True, slots=True)
class Inbound:
    """An incoming message as it was understood. `received_at` is Nextpod's time in the set zone, UTC milliseconds."""

    arrived: int
    source: str
    nextpod_id: str | None
    msisdn: str
    short_code: str
    text: str
    keyword: str | None
    sub_keyword: str | None
    keyword_rules: int | None
    mcc: int | None
    mnc: int | None
    received_raw: str | None
    received_at: int | None
    body: bytes
    digest: bytes


def parse(fields: Mapping[str, str], *, body: bytes, arrived: int, source: str, zone: str) -> Inbound:
    """The message that these fields tell (bodies.fields). Raises Unreadable when nobody, or nothing, is in it.

    `zone` reads a `received_time` without one. Numbers lose + and spaces; a sender that is a name or a short code
    stays as it is. An empty text is a message too: people send those.
    """
    sender, to = fields.get("from", "").strip(), fields.get("to", "").strip()
    if not sender:
        raise Unreadable("There is no sender in it.")
    if "msg" not in fields and "keyword" not in fields:
        raise Unreadable("There is no text in it.")
    if len(sender) > 64 or len(to) > 64:
        raise Unreadable("A number in it is longer than 64 characters.")
    text = fields.get("msg", fields.get("keyword", ""))
    identity, received = fields.get("id", "").strip(), fields.get("received_time", "").strip()
    same = f"id\x1f{identity}" if identity else "\x1f".join(f"{name}\x1e{fields[name]}" for name in sorted(fields))
    return Inbound(
        arrived=arrived,
        source=source,
        nextpod_id=identity[:200] or None,
        msisdn=bodies.digits(sender) or sender,
        short_code=bodies.digits(to) or to,
        text=text,
        keyword=_word(fields.get("keyword")),
        sub_keyword=_word(fields.get("sub_keyword")),
        keyword_rules=_yes(fields.get("keyword_rules")),
        mcc=bodies.whole(fields.get("mcc"), most=9_999),
        mnc=bodies.whole(fields.get("mnc"), most=9_999),
        received_raw=received[:64] or None,
        received_at=bodies.time_ms(received, zone=zone),
        body=body,
        digest=hashlib.blake2b(same.encode("utf-8", "replace"), digest_size=16).digest(),
    )


def take(db: Connection, message: Inbound, *, now: int) -> int | None:
    """Keep a message and do what follows at once, within the caller's transaction; its id, None for a repeat.

    What follows: verdict, suppression or its end, the person's conversation, the campaign answered to, counts, words
    for the search, one confirmation of an opt-out where the team wants it, and what the team's own rules say.
    """
    set_up = options.read(db)
    message = dataclasses.replace(message, msisdn=person(db, message.msisdn, region=set_up.region))
    verdict = judge(message, set_up)
    if verdict is Verdict.MENTIONED and message.keyword is None:
        verdict = _behind_our_keyword(db, message, set_up)
    answered = answered_to(db, message)
    values = {name: getattr(message, name) for name in Inbound.__slots__}
    # One that was emptied since, delivered once more, must not come back to life.
    gone = emptying.kept_digest(db, message.digest)
    if _is_repeat(db, message, verdict, gone, set_up, now=now):
        return None
    row = db.execute(
        """
        INSERT INTO inbound (arrived, source, nextpod_id, msisdn, short_code, text, keyword, sub_keyword,
                             keyword_rules, mcc, mnc, received_raw, received_at, body, digest, verdict, campaign_id,
                             message_id, delay)
        VALUES (:arrived, :source, :nextpod_id, :msisdn, :short_code, :text, :keyword, :sub_keyword,
                :keyword_rules, :mcc, :mnc, :received_raw, :received_at, :body, :digest, :verdict, :campaign_id,
                :message_id, :delay)
            ON CONFLICT (digest) DO NOTHING
        RETURNING id
        """,
        values | answered._asdict() | {"verdict": verdict.value},
    ).fetchone()
    if row is None:
        _is_repeat(db, message, verdict, message.digest, set_up, now=now)
        return None
    inbound_id = int(row["id"])
    _obey(db, message, verdict, inbound_id, set_up, now=now)
    before = _converse(db, message, verdict, inbound_id)
    _count(db, message, verdict, inbound_id, answered)
    index(db, inbound_id, message.text)
    automation.apply(
        db,
        Heard(inbound_id, message.msisdn, message.short_code, message.text, message.keyword, message.sub_keyword,
              message.arrived),
        state_before=before, set_up=set_up, now=now,
    )  # fmt: skip
    changes.bump(db, "inbox")
    return inbound_id


def whose(sender: str, *, region: str) -> str:
    """
    The MSISDN of a sender as it was told: itself, but one without its country code is read in `region`.

    The API's examples all carry the code; a STOP that came without it must stop the person all the same.

    >>> whose("91726200", region="NO"), whose("4791726200", region="NO"), whose("2345", region="NO")
    ('4791726200', '4791726200', '2345')
    >>> whose("7911123456", region="GB"), whose("4791726200", region="GB"), whose("2025550123", region="US")
    ('447911123456', '4791726200', '12025550123')
    """
    if not sender.isdigit():
        return sender
    # With a country code it is one already; else at home it may be as long as one with it: ten digits in Britain.
    if sender[0] != "0" and numbers.read(f"+{sender}", region=region).sendable:
        return sender
    read = numbers.read(sender, region=region)
    return read.msisdn if read.sendable and read.msisdn else sender


def person(db: Connection, sender: str, *, region: str) -> str:
    """As `whose`, but a number that was texted as it stands is that person's, whatever else it could be read as.

    One outside the numbering plans would else be somebody at home: a Norwegian's STOP a stranger's in Connecticut.
    """
    read = whose(sender, region=region)
    texted = read != sender and db.execute("SELECT 1 FROM messages WHERE msisdn = ? LIMIT 1", (sender,)).fetchone()
    return sender if texted else read


def judge(message: Inbound, set_up: Options) -> Verdict:
    """What the text asks for, by the words that ship and those that the team added."""
    return keywords.judge(message.text, keyword=message.keyword, sub_keyword=message.sub_keyword,
                          words=options.opt_words(set_up))  # fmt: skip


def asks_out(db: Connection, message: Inbound) -> suppressions.Reason | None:
    """Why a message puts its sender on the suppression list, or None; asked when it could not be taken as a whole."""
    set_up = options.read(db)
    message = dataclasses.replace(message, msisdn=person(db, message.msisdn, region=set_up.region))
    verdict = judge(message, set_up)
    if verdict is Verdict.MENTIONED and message.keyword is None:
        verdict = _behind_our_keyword(db, message, set_up)
    return None if verdict not in OUT else "stop" if verdict is Verdict.OUT else "prefix"


def _behind_our_keyword(db: Connection, message: Inbound, set_up: Options) -> Verdict:
    """The verdict on a text that mentions opting out and came without its keyword: "KINO STOPP" where KINO is ours."""
    word, _second = keywords.split_keyword(message.text)
    known = db.execute(
        """
        SELECT EXISTS (SELECT 1 FROM senders WHERE keyword = :word)
            OR EXISTS (SELECT 1 FROM inbound WHERE keyword = :word)
        """,
        {"word": word},
    ).fetchone()[0]
    return judge(dataclasses.replace(message, keyword=word), set_up) if known else Verdict.MENTIONED


class Answered(NamedTuple):
    """What an incoming message answers: a campaign, its message to the person, and how long after it (ms) it came."""

    campaign_id: int | None = None
    message_id: int | None = None
    delay: int | None = None


def answered_to(db: Connection, message: Inbound) -> Answered:
    """What a message is taken to answer, if anything.

    The person's campaigns of the last fourteen days are asked, newest first: one that was sent from the number they
    write to, else one whose text names their keyword, else the newest.
    """
    rows: list[Row] = db.execute(
        """
        SELECT m.id, m.campaign_id, m.accepted_at, c.sender, c.text
          FROM messages AS m
          JOIN campaigns AS c ON c.id = m.campaign_id AND c.kind = 'campaign'
         WHERE m.msisdn = :msisdn AND m.accepted_at BETWEEN :since AND :arrived
         ORDER BY m.id DESC
         LIMIT 20
        """,
        {"msisdn": message.msisdn, "since": message.arrived - ANSWER_WITHIN, "arrived": message.arrived},
    ).fetchall()
    if not rows:
        return Answered()
    rows.sort(key=lambda row: -row["accepted_at"])
    word = (message.keyword or "").casefold()
    chosen = next(
        (row for row in rows if row["sender"] == message.short_code),
        next((row for row in rows if word and word in row["text"].casefold()), rows[0]),
    )
    return Answered(chosen["campaign_id"], chosen["id"], message.arrived - chosen["accepted_at"])


def index(db: Connection, inbound_id: int, text: str) -> None:
    """Put a message's words into the search, within the caller's transaction; the rowid follows arrival."""
    words = inbox_search.searchable(text)
    db.execute("INSERT INTO inbound_words (rowid, folded) VALUES (?, ?)", (inbound_id, words))


def _is_repeat(db: Connection, message: Inbound, verdict: Verdict, digest: bytes, set_up: Options, *, now: int) -> bool:
    """Whether a message with this digest was kept before; counted then.

    Where Nextpod gave neither id nor time, the same STOP said anew, after a START in between, can't be told from the
    first one brought again: it is obeyed, since the other mistake would text somebody who said no.
    """
    row = db.execute(
        "UPDATE inbound SET repeats = repeats + 1 WHERE digest = ? RETURNING id", (digest,)
    ).fetchone()  # fmt: skip
    if row is None:
        return False
    if verdict in OUT and not message.nextpod_id and not message.received_raw:
        _obey(db, message, verdict, int(row["id"]), set_up, now=now)
    return True


def _obey(db: Connection, message: Inbound, verdict: Verdict, inbound_id: int, set_up: Options, *, now: int) -> None:
    if verdict is Verdict.IN:
        optouts.hear_in(db, msisdn=message.msisdn, inbound_id=inbound_id, now=now)
    elif verdict in OUT:
        optouts.hear_out(
            db, msisdn=message.msisdn, short_code=message.short_code, inbound_id=inbound_id, set_up=set_up, now=now,
            reason="stop" if verdict is Verdict.OUT else "prefix",
        )  # fmt: skip


def _converse(db: Connection, message: Inbound, verdict: Verdict, inbound_id: int) -> str | None:
    """Put the message into the person's conversation; the state that it had before, None for a new one."""
    row = db.execute("SELECT state FROM conversations WHERE msisdn = :msisdn", {"msisdn": message.msisdn}).fetchone()
    # A STOP or START asks for nothing that a person could answer: unread, but nobody waits because of it. One that was
    # judged by its beginning alone is more than the word, and is looked at.
    db.execute(
        """
        INSERT INTO conversations (msisdn, state, unread, waiting_since, last_inbound_id, last_at)
        VALUES (:msisdn, CASE WHEN :plain THEN 'closed' ELSE 'open' END, 1,
                CASE WHEN :plain THEN NULL ELSE :arrived END, :id, :arrived)
            ON CONFLICT (msisdn) DO UPDATE
           SET state = CASE WHEN :plain THEN conversations.state ELSE 'open' END,
               unread = conversations.unread + 1,
               waiting_since = CASE WHEN :plain THEN conversations.waiting_since
                                    ELSE coalesce(conversations.waiting_since, excluded.waiting_since) END,
               last_inbound_id = excluded.last_inbound_id,
               last_at = CASE WHEN conversations.last_at > excluded.last_at
                              THEN conversations.last_at ELSE excluded.last_at END
        """,
        {"msisdn": message.msisdn, "arrived": message.arrived, "id": inbound_id, "plain": verdict in PLAIN},
    )
    return row["state"] if row else None


def _count(db: Connection, message: Inbound, verdict: Verdict, inbound_id: int, answered: Answered) -> None:
    campaign, delay = answered.campaign_id, answered.delay
    db.execute(
        """
        INSERT INTO inbound_counts VALUES (:hour, :short_code, :keyword, :sub_keyword, :verdict, :campaign, 1)
            ON CONFLICT DO UPDATE SET messages = messages + 1
        """,
        {
            "hour": message.arrived // counts.HOUR * counts.HOUR, "short_code": message.short_code,
            "keyword": message.keyword or "", "sub_keyword": message.sub_keyword or "",
            "verdict": verdict.value, "campaign": campaign or 0,
        },
    )  # fmt: skip
    if campaign is None or delay is None or answered.message_id is None:
        return
    tally = Tally()
    folding.mark_answered(db, tally, answered.message_id)
    tally.write(db)
    # Once per person and campaign: at their first answer, and at their first opt-out.
    earlier = """
        SELECT 1
          FROM inbound
         WHERE msisdn = :msisdn AND +campaign_id = :campaign AND id < :id AND (:outs = 0 OR verdict IN (:out, :prefix))
         LIMIT 1
    """
    asked = {"msisdn": message.msisdn, "campaign": campaign, "id": inbound_id,
             "out": Verdict.OUT.value, "prefix": Verdict.OUT_BY_PREFIX.value}  # fmt: skip
    people = int(db.execute(earlier, asked | {"outs": 0}).fetchone() is None)
    opted_out = int(verdict in OUT and db.execute(earlier, asked | {"outs": 1}).fetchone() is None)
    if people or opted_out:
        db.execute(
            """
            INSERT INTO answered VALUES (:campaign, :bucket, :people, :out)
                ON CONFLICT DO UPDATE SET people = people + excluded.people, opted_out = opted_out + excluded.opted_out
            """,
            {"campaign": campaign, "bucket": counts.bucket(delay), "people": people, "out": opted_out},
        )


def _word(text: str | None) -> str | None:
    """A keyword as the document writes it, in upper case; None when there is none."""
    return (text or "").strip().upper()[:64] or None


def _yes(text: str | None) -> int | None:
    told = (text or "").strip().lower()
    return 1 if told in ("true", "1", "yes") else 0 if told in ("false", "0", "no") else None
