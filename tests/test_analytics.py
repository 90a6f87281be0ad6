"""The delivery page's figures against an independent recount with pandas over the raw messages, reports and answers."""

import pandas as pd
import pytest

from nextpod_core import (
    analytics,
    answering,
    behind,
    choices,
    costs,
    emptying,
    funnels,
    operators,
    options,
    rebuild,
    singles,
    speed,
)
from nextpod_core.analytics import Outcome
from nextpod_core.db import transaction
from nextpod_core.filters import Filter
from nextpod_core.people import BY_RULE, COMMAND, INGESTER, Actor
from tests import filled
from tests.filled import NOW, OSLO, SILENT_AFTER, thirty_days

CLASSES = {
    "DELIVERED": "delivered", "FAILED": "failed", "UNDELIVERABLE": "failed", "ABSENT": "failed", "EXPIRED": "expired",
    "REJECTED": "rejected", "PARKED": "unrecognised",
}  # fmt: skip
NAMES = ("delivered", "failed", "expired", "rejected", "open", "silent", "unrecognised")
NARROWED = [
    {}, {"senders": ("Klubben",)}, {"campaigns": (3, 4)}, {"countries": ("NO",)}, {"operators": ((242, 2), (240, 1))},
    {"countries": ("SE", "DK"), "senders": ("Nextpod", "2345")},
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    db, told = filled.month(tmp_path_factory.mktemp("month"))
    yield db, told
    db.close()


@pytest.fixture(scope="module")
def db(made):
    return made[0]


@pytest.fixture(scope="module")
def raw(db):
    """Accepted messages with what their reports say: the log, not the message rows, gives status, time and network."""
    messages = pd.DataFrame(
        [tuple(row) for row in db.execute(
            """
            SELECT m.id, m.campaign_id, c.sender, m.msisdn, m.accepted_at, t.parts, t.alphabet
              FROM messages m JOIN campaigns c ON c.id = m.campaign_id JOIN texts t ON t.id = m.text_id
             WHERE accepted_at IS NOT NULL
            """
        )],
        columns=["id", "campaign", "sender", "msisdn", "accepted_at", "parts", "alphabet"],
    )  # fmt: skip
    reports = pd.DataFrame(
        [tuple(row) for row in db.execute(
            "SELECT message_id, status_text, event_at, operator_code, mcc, mnc FROM reports"
        )],
        columns=["id", "word", "event_at", "code", "mcc", "mnc"],
    )  # fmt: skip
    both = messages.merge(reports, on="id", how="left")
    wrote = {tuple(row) for row in db.execute("SELECT campaign_id, msisdn FROM inbound WHERE campaign_id IS NOT NULL")}
    both["answered"] = [who in wrote for who in zip(both["campaign"], both["msisdn"], strict=True)]
    both["outcome"] = both["word"].map(CLASSES)
    cutoff = (NOW - SILENT_AFTER) // 3_600_000 * 3_600_000
    waiting = both["outcome"].isna()
    both.loc[waiting, "outcome"] = (both.loc[waiting, "accepted_at"] < cutoff).map({True: "silent", False: "open"})
    both[["mcc", "mnc"]] = both[["mcc", "mnc"]].fillna(0).astype(int)
    local = pd.to_datetime(both["accepted_at"], unit="ms", utc=True).dt.tz_convert("Europe/Oslo")
    both["day"] = local.dt.date
    both["week_hour"] = local.dt.day_of_week * 24 + local.dt.hour
    both["country"] = both["mcc"].map({242: "NO", 240: "SE", 238: "DK", 262: "DE", 0: ""})
    both["operator"] = list(zip(both["mcc"], both["mnc"], strict=True))
    both["latency"] = (both["event_at"] - both["accepted_at"]).where(both["outcome"] == "delivered")
    return both


def narrowed(raw: pd.DataFrame, wanted: dict) -> pd.DataFrame:
    for column, name in (("sender", "senders"), ("campaign", "campaigns"), ("country", "countries"),
                         ("operator", "operators")):  # fmt: skip
        if name in wanted:
            raw = raw[raw[column].isin(wanted[name])]
    return raw


def as_counts(found: dict) -> dict:
    return {key: tuple(getattr(one, name) for name in NAMES) for key, one in found.items()}


def recounted(raw: pd.DataFrame, column: str) -> dict:
    table = raw.groupby([column, "outcome"]).size().unstack(fill_value=0).reindex(columns=NAMES, fill_value=0)
    return {key: tuple(int(value) for value in row) for key, row in zip(table.index, table.to_numpy(), strict=True)}


@pytest.mark.parametrize("wanted", NARROWED, ids=str)
@pytest.mark.parametrize("by", ["day", "week_hour", "country", "operator", "campaign", "sender"])
def test_outcomes_are_those_of_a_recount(db, raw, by, wanted):
    found = analytics.outcomes(db, thirty_days(**wanted), by=by, now=NOW, silent_after=SILENT_AFTER)
    inside = raw[raw["day"] >= thirty_days().period.first]
    assert as_counts(found) == recounted(narrowed(inside, wanted), by)


def test_the_month_holds_what_it_should(made, raw):
    _db, told = made
    assert len(raw) > 11_000
    assert {"open", "silent", "unrecognised", "delivered", "failed", "expired", "rejected"} == set(raw["outcome"])
    rate = raw[raw["outcome"] == "delivered"].groupby("operator").size() / raw[
        raw["outcome"].isin(["delivered", "failed", "expired", "rejected"])].groupby("operator").size()  # fmt: skip
    assert rate[(242, 1)] > rate[(242, 2)] > rate[(242, 14)]
    bad = raw[(raw["accepted_at"] // 3_600_000 * 3_600_000 == told.bad_hour) & (raw["operator"] == (242, 2))]
    assert 0.4 < (bad["outcome"] == "delivered").mean() < 0.8
    assert pd.Timestamp("2026-10-25").date() in set(raw["day"]), "nothing was sent on the day of the clock change"


def test_rebuilding_from_the_logs_changes_nothing(tmp_path):
    own, _told = filled.month(tmp_path)
    done = rebuild.run(own, now=NOW, by=COMMAND)
    own.close()
    assert (done.matches, done.messages, done.counts, done.inbound_counts, done.conversations) == (0, 0, 0, 0, 0)


def test_buckets_cover_the_period_and_add_up(db):
    for kind in ("today", "7d", "30d", "90d", "year"):
        asked = Filter(filled.periods.asked(kind, now=NOW, zone=OSLO))
        found = analytics.outcomes(db, asked, by="bucket", now=NOW, silent_after=SILENT_AFTER)
        whole = analytics.total(db, asked, now=NOW, silent_after=SILENT_AFTER)
        assert set(found) <= set(asked.period.buckets())
        assert sum(one.accepted for one in found.values()) == whole.accepted
        assert sum(one.parts for one in found.values()) == whole.parts


def test_every_class_is_in_the_total_once_and_the_rate_says_of_what():
    one = Outcome()
    for place, status in enumerate(["delivered", "failed", "expired", "rejected", "accepted", "sent", "pending"], 1):
        one.add(status, False, place)
    one.add("sent", True, 10)
    one.add("unrecognised", True, 5)
    assert (one.settled, one.negative, one.open, one.silent, one.accepted) == (10, 9, 18, 10, 43)
    assert one.rate == 0.1
    assert one.interval[0] < one.rate < one.interval[1]
    assert Outcome().rate is None


def test_reasons_are_those_of_the_reports(db, raw):
    told = raw[raw["outcome"].isin(["failed", "expired", "rejected", "unrecognised"])]
    wanted = told.groupby(["outcome", "word", told["code"].fillna("")]).size()
    found = analytics.reasons(db, thirty_days())
    assert {(one.status, one.word, one.code): one.messages for one in found} == wanted.to_dict()
    assert [one.messages for one in found] == sorted((one.messages for one in found), reverse=True)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99])
def test_percentiles_from_the_histogram_are_right_to_five_per_cent(db, raw, share):
    whole = speed.handset(db, thirty_days(), by="all")[None]
    exact = raw["latency"].dropna().quantile(share, interpolation="higher")
    assert whole.percentile(share) == pytest.approx(exact, rel=0.05)
    for key, histogram in speed.handset(db, thirty_days(), by="operator").items():
        own = raw[raw["operator"] == key]["latency"].dropna()
        exact = own.sort_values().iloc[max(0, -(-round(share * len(own) * 1e6) // 1_000_000) - 1)]
        assert histogram.messages == len(own)
        assert histogram.percentile(share) == pytest.approx(exact, rel=0.05)


def test_the_funnel_loses_nobody(db):
    found = funnels.funnel(db, thirty_days())
    planned = db.execute(
        "SELECT sum(planned) FROM campaigns WHERE started_at IS NOT NULL AND due_at < ?", (thirty_days().period.end,)
    ).fetchone()[0]
    assert found.planned == planned
    assert found.accepted == found.planned - found.sum(*funnels.BEFORE_ACCEPTANCE)
    assert found.planned > found.accepted > found.reported > found.sum("delivered") > found.answered > 0
    assert found.from_file == 0
    assert [step.name for step in found.steps][0] == "planned"
    for before, step in zip(found.steps, found.steps[1:-1], strict=False):
        assert before.messages - step.messages == sum(step.lost.values()), step
    people = db.execute(
        "SELECT count(DISTINCT msisdn || '/' || campaign_id), sum(verdict = 'out') FROM inbound"
    ).fetchone()
    assert (found.answered, found.opted_out) == tuple(people)


def test_a_minute_opens_what_came_to_be_so_in_it(db):
    hours = Filter(filled.periods.few_hours(NOW - 40 * 3_600_000, NOW, OSLO))
    found = analytics.by_minute(db, hours)
    seen = set()
    for minute, cells in found.items():
        for status, many in cells.items():
            if status in seen or many == 0:
                continue
            seen.add(status)
            which = "accepted" if status == "left" else status
            assert len(walked(db, hours, which, minute=minute)) == many, (minute, status)
    assert {"left", "delivered", "failed"} <= seen
    assert walked(db, hours, "open", minute=min(found)) == set()


def test_who_answered_is_a_list_of_the_campaigns_that_began(db):
    assert len(walked(db, thirty_days(), "answered", begun=True)) == funnels.funnel(db, thirty_days()).answered


PLACES = [{"countries": ("SE",)}, {"operators": ((242, 2),)}, {"countries": ("NO",), "senders": ("2345",)}]


@pytest.mark.parametrize("wanted", PLACES, ids=str)
def test_funnel_and_answer_rates_obey_country_and_operator_and_each_step_opens_as_many(db, raw, wanted):
    asked, mine = thirty_days(**wanted), narrowed(raw, wanted)
    wrote = {tuple(row) for row in db.execute("SELECT campaign_id, msisdn FROM inbound WHERE message_id IS NOT NULL")}
    answered = mine[[pair in wrote for pair in zip(mine["campaign"], mine["msisdn"], strict=True)]]
    found = funnels.funnel(db, asked)
    assert (found.by_place, found.opted_out, found.answered) == (True, None, len(answered))
    assert [step.name for step in found.steps] == ["reported", "delivered", "answered"]
    assert found.steps[1].messages == int((mine["outcome"] == "delivered").sum()) > len(answered) > 0
    for step in found.steps:
        assert len(walked(db, asked, step.name, begun=True)) == step.messages, step.name
    people = answered.groupby("campaign").size()
    for one in answering.by_campaign(db, asked):
        assert (one.people, one.opted_out, one.opt_out_rate) == (people.get(one.id, 0), None, None)


def test_the_funnel_of_a_file_begins_with_its_rows_and_says_why_some_never_became_a_message(tmp_path):
    own, _told = filled.month(tmp_path)
    review = '{"left_out": {"invalid": 7, "duplicate": 3, "suppressed": 5}}'
    with transaction(own):
        own.execute(
            """
            INSERT INTO imports (id, filename, bytes, digest, state, region, created_at)
            VALUES (1, 'list.csv', 9, x'00', 'done', 'NO', :now)
            """,
            {"now": NOW},
        )
        own.execute("UPDATE campaigns SET import_id = 1, review = ? WHERE id = 3", (review,))
    found = funnels.funnel(own, thirty_days(campaigns=(3,)))
    own.close()
    rows, sendable, planned = found.steps[:3]
    assert (rows.messages, sendable.messages) == (planned.messages + 15, planned.messages + 5)
    assert sendable.lost == {"invalid": 7, "duplicate": 3}
    assert planned.lost == {"suppressed": 5}


def test_minutes_hold_as_many_as_the_hours_they_are_in(db):
    asked = Filter(filled.periods.few_hours(NOW - 40 * 3_600_000, NOW, OSLO))
    found = analytics.by_minute(db, asked)
    left = sum(cells.get("left", 0) for cells in found.values())
    wanted = db.execute(
        "SELECT count(*) FROM messages WHERE accepted_at >= ? AND accepted_at < ?",
        (asked.period.start, asked.period.end),
    ).fetchone()[0]
    assert left == wanted > 0
    assert set(found) <= set(asked.period.minutes)


def test_campaigns_that_began_are_told_in_their_order(db):
    found = analytics.begun(db, thirty_days())
    assert len(found) > 20
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert len(analytics.begun(db, thirty_days(), limit=3)) == 3
    assert {one.id for one in analytics.begun(db, thirty_days(campaigns=(3,)))} == {3}


def test_answers_by_keyword_and_day_are_those_of_the_inbox(db):
    raw = pd.DataFrame(
        [tuple(row) for row in db.execute(
            "SELECT arrived, coalesce(keyword, ''), coalesce(sub_keyword, '') FROM inbound"
        )],
        columns=["arrived", "keyword", "sub"],
    )  # fmt: skip
    local = pd.to_datetime(raw["arrived"], unit="ms", utc=True).dt.tz_convert("Europe/Oslo")
    found = answering.incoming(db, thirty_days())
    wanted = raw.groupby([local.dt.normalize(), "keyword"]).size()
    assert {(at, word): many for at, cell in found.items() for word, many in cell.items()} == {
        (round(day.timestamp() * 1000), word): many for (day, word), many in wanted.items()
    }
    by_word = {(one.keyword, one.sub_keyword): one.messages for one in answering.by_keyword(db, thirty_days())}
    assert by_word == raw.groupby(["keyword", "sub"]).size().to_dict()
    week = answering.by_week_hour(db, thirty_days())
    assert week == (local.dt.day_of_week * 24 + local.dt.hour).value_counts().to_dict()
    only = answering.by_keyword(db, thirty_days(keyword="JA"))
    assert {one.keyword for one in only} == {"JA"}


def test_answer_rates_are_of_those_who_got_the_text(db):
    found = answering.by_campaign(db, thirty_days())
    for one in found:
        row = db.execute(
            """
            SELECT (SELECT count(*) FROM messages WHERE campaign_id = :id AND status = 'delivered'),
                   (SELECT count(DISTINCT msisdn) FROM inbound WHERE campaign_id = :id)
            """,
            {"id": one.id},
        ).fetchone()
        assert (one.delivered, one.people) == tuple(row)
    assert answering.wait(db, thirty_days()).messages == sum(one.people for one in found)
    assert answering.ours(db, thirty_days()).answered == 0


@pytest.mark.parametrize("wanted", [{}, {"senders": ("2345",)}, {"campaigns": (2, 3, 4, 7)}], ids=str)
def test_when_people_answer_and_opt_out_is_what_they_wrote_first(db, raw, wanted):
    wrote = pd.DataFrame(
        [tuple(row) for row in db.execute(
            "SELECT campaign_id, msisdn, arrived, verdict = 'out' FROM inbound WHERE campaign_id > 0 ORDER BY arrived"
        )],
        columns=["campaign", "msisdn", "arrived", "out"],
    )  # fmt: skip
    outs = wrote[wrote["out"] == 1].groupby("campaign")["msisdn"].nunique()
    first = wrote.drop_duplicates(["campaign", "msisdn"]).merge(
        narrowed(raw, wanted)[["campaign", "msisdn", "accepted_at"]], on=["campaign", "msisdn"]
    )
    delays = (first["arrived"] - first["accepted_at"]).sort_values()
    found = answering.wait(db, thirty_days(**wanted))
    assert found.messages == len(delays) > 20
    for share in (0.1, 0.5, 0.9, 0.95, 0.99):
        exact = delays.iloc[-(-round(share * len(delays) * 1e6) // 1_000_000) - 1]
        assert found.percentile(share) == pytest.approx(exact, rel=0.05)
    delivered = narrowed(raw, wanted)[lambda rows: rows["outcome"] == "delivered"].groupby("campaign").size()
    people = first.groupby("campaign").size()
    rates = answering.by_campaign(db, thirty_days(**wanted))
    assert {one.id for one in rates} >= set(people.index)
    for one in rates:
        reached = int(delivered.get(one.id, 0))
        assert (one.delivered, one.people, one.opted_out) == (
            reached, people.get(one.id, 0), outs.get(one.id, 0)
        )  # fmt: skip
        assert one.answer_rate == (one.people / reached if reached else None)
        assert one.opt_out_rate == (one.opted_out / reached if reached else None)


def test_answered_by_us_is_what_people_wrote_and_not_what_leaves_by_itself(tmp_path):
    own, _told = filled.month(tmp_path)
    heard = own.execute("SELECT id, msisdn, arrived FROM inbound ORDER BY id DESC LIMIT 5").fetchall()
    kari, rule = Actor("person", "kari@example.com"), Actor("system", f"{BY_RULE}opening hours")
    by = [(kari, "answers", 60_000), (kari, "answers", 90_000), (rule, "answers", 10), (INGESTER, "confirmations", 5)]
    ids = []
    with transaction(own):
        for place, (row, (who, kind, after)) in enumerate(zip(heard, by, strict=False)):
            for again in (0, 3_600_000):  # What is written again to the same message makes nobody wait longer.
                ids.append(singles.enqueue(
                    own, kind=kind, sender="2345", text="Takk", msisdn=row["msisdn"], key=f"{place} {again}", by=who,
                    now=row["arrived"] + after + again, inbound_id=row["id"],
                ))  # fmt: skip
    incoming = own.execute("SELECT count(*) FROM inbound").fetchone()[0]
    assert answering.ours(own, thirty_days()) == answering.OurAnswers(incoming, 2, 75_000)
    with transaction(own):
        emptying.messages(own, ids)  # Their keys go with the numbers.
    assert answering.ours(own, thirty_days()) == answering.OurAnswers(incoming, 2, 75_000)
    own.close()


def test_cost_is_parts_times_the_price_of_the_country(db, raw):
    chosen = options.Options(price=0.5, prices={"SE": 0.75, "DK": 1.0})
    price = raw["parts"] * raw["country"].map({"SE": 0.75, "DK": 1.0}).fillna(0.5)
    whole = costs.costs(db, thirty_days(), chosen, by="all")[None]
    assert whole.price == pytest.approx(price.sum())
    assert (whole.parts, whole.ucs2) == (raw["parts"].sum(), raw[raw["alphabet"] == "ucs2"]["parts"].sum())
    assert whole.messages == len(raw)
    by_country = costs.costs(db, thirty_days(), chosen, by="country")
    assert {iso: pytest.approx(one.price) for iso, one in by_country.items()} == price.groupby(
        raw["country"]
    ).sum().to_dict()
    statement = costs.statement(db, thirty_days(), chosen)
    months = [day.replace(day=1) for day in raw["day"]]
    wanted = raw.groupby([pd.Series(months, index=raw.index), "sender"])["parts"].sum()
    assert {key: one.parts for key, one in statement.items()} == wanted.to_dict()
    assert costs.whole(statement).price == pytest.approx(whole.price)


def costs_by(db, asked, chosen, by):
    return costs.by_campaign(db, asked, chosen) if by == "campaign" else costs.costs(db, asked, chosen, by=by)


@pytest.mark.parametrize("wanted", NARROWED, ids=str)
@pytest.mark.parametrize("days", [7, 30])
def test_the_price_of_an_answered_message_is_of_the_very_messages_it_was_paid_for(db, raw, wanted, days):
    asked = Filter(filled.periods.asked(f"{days}d", now=NOW, zone=OSLO), **wanted)
    chosen = options.Options(price=0.5, prices={"SE": 0.75, "DK": 1.0})
    inside = narrowed(raw[raw["day"] >= asked.period.first], wanted)
    inside = inside.assign(price=inside["parts"] * inside["country"].map({"SE": 0.75, "DK": 1.0}).fillna(0.5))
    month = [day.replace(day=1) for day in inside["day"]]
    bucket = [filled.periods.midnight(day, OSLO) for day in inside["day"]]
    keys = {"bucket": bucket, "country": inside["country"], "campaign": inside["campaign"], "all": [None] * len(inside)}
    found = {by: costs_by(db, asked, chosen, by) for by in keys}
    keys["statement"] = list(zip(month, inside["sender"], strict=True))
    found["statement"] = costs.statement(db, asked, chosen)
    assert costs.by_campaign(db, asked, chosen, limit=3) == dict(list(found["campaign"].items())[:3])
    for by, key in keys.items():
        wanted_rows = inside.assign(key=pd.Series(list(key), index=inside.index, dtype=object)).groupby(
            "key", dropna=False
        )
        recount = {
            None if by == "all" else name: (len(rows), int(rows["answered"].sum()), rows["price"].sum())
            for name, rows in wanted_rows
        }
        assert {name: (one.messages, one.answered, pytest.approx(one.price)) for name, one in found[by].items()} == (
            recount
        ), by
        for name, one in found[by].items():
            _messages, answered, price = recount[name]
            assert one.per_answered == (pytest.approx(price / answered) if answered else None)
    assert len(found["all"]) == bool(len(inside))


def test_without_a_price_nothing_is_reckoned(db):
    whole = costs.costs(db, thirty_days(), options.Options(), by="all")[None]
    assert (whole.price, whole.unpriced, whole.per_delivered) == (0.0, whole.parts, None)


@pytest.mark.parametrize("which", [name for name in behind.STATUSES if name not in behind.WITHOUT_HOUR])
@pytest.mark.parametrize("wanted", NARROWED[:4], ids=str)
def test_the_list_behind_a_figure_has_as_many_rows_as_the_figure(db, which, wanted):
    asked = thirty_days(**wanted)
    whole = analytics.total(db, asked, now=NOW, silent_after=SILENT_AFTER)
    answered = costs.whole(costs.costs(db, asked, options.Options(), by="all")).answered
    assert len(walked(db, asked, which)) == (answered if which == "answered" else getattr(whole, which))


@pytest.mark.parametrize("which", sorted(behind.WITHOUT_HOUR))
def test_those_never_accepted_are_listed_by_the_campaigns_that_began(db, which):
    assert len(walked(db, thirty_days(), which)) == funnels.funnel(db, thirty_days()).sum(*behind.STATUSES[which])


def walked(db, asked: Filter, which: str, limit: int = 1_000, **more) -> set[int]:
    seen: list[int] = []
    before = None
    while True:
        page = behind.messages_behind(
            db, asked, which, now=NOW, silent_after=SILENT_AFTER, before=before, limit=limit, **more
        )  # fmt: skip
        places = [row["campaign_id"] * behind.STRIDE + row["id"] for row in page.rows]
        assert places == sorted(places, reverse=True)
        assert len(places) <= limit
        assert before is None or not places or places[0] < before
        seen += [row["id"] for row in page.rows]
        if page.next is None:
            assert len(seen) == len(set(seen))
            return set(seen)
        before = page.next


def test_a_list_by_reason_is_as_long_as_the_reason_says(db):
    top = analytics.reasons(db, thirty_days())[0]
    page = behind.messages_behind(
        db, thirty_days(), top.status, now=NOW, silent_after=SILENT_AFTER, code=top.code, limit=10_000
    )  # fmt: skip
    assert len(page.rows) == sum(
        one.messages for one in analytics.reasons(db, thirty_days()) if (one.status, one.code) == (top.status, top.code)
    )
    assert behind.messages_behind(db, thirty_days(), "all", now=NOW, silent_after=SILENT_AFTER).rows == []


@pytest.mark.parametrize("which", ["accepted", "negative"])
def test_a_list_behind_an_hour_of_the_week_is_as_long_as_its_square(db, which):
    found = analytics.outcomes(db, thirty_days(), by="week_hour", now=NOW, silent_after=SILENT_AFTER)
    for slot, one in list(found.items())[::7]:
        page = behind.messages_behind(
            db, thirty_days(), which, now=NOW, silent_after=SILENT_AFTER, slots=[slot], limit=10_000
        )  # fmt: skip
        assert len(page.rows) == getattr(one, which), slot


def test_nothing_at_all_gives_nothing_and_no_error(tmp_path):
    empty = filled.new(tmp_path / "empty.db")
    asked = thirty_days()
    assert analytics.total(empty, asked, now=NOW, silent_after=SILENT_AFTER) == Outcome()
    assert funnels.funnel(empty, asked).planned == 0
    assert analytics.reasons(empty, asked) == []
    assert speed.handset(empty, asked, by="bucket") == {}
    assert speed.usual_arrival(empty, now=NOW).percentile(0.5) is None
    assert answering.by_campaign(empty, asked) == []
    assert answering.ours(empty, asked) == answering.OurAnswers(0, 0, None)
    assert costs.statement(empty, asked, options.Options()) == {}
    assert walked(empty, asked, "delivered") == walked(empty, asked, "skipped") == set()
    assert choices.campaigns(empty) == {}
    empty.close()


def test_filters_offer_what_there_is(db):
    assert list(choices.campaigns(db, limit=2)) == [41, 40]
    assert set(choices.campaigns(db, limit=1, also=[1, 999])) == {41, 1}
    assert choices.senders(db) == ["2345", "Klubben", "Nextpod"]
    assert {one.code for one in choices.networks(db, thirty_days().period)} == {
        "242-1", "242-2", "242-14", "240-1", "238-1", "262-2"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mcc", "mnc", "brand", "iso"),
    [(242, 1, "Telenor", "NO"), (242, 2, "Telia", "NO"), (242, 14, "ice", "NO"), (240, 7, "Tele2", "SE"),
     (242, 98, "242-98", "NO"), (999, 9, "999-09", ""), (0, 0, "", "")],
)  # fmt: skip
def test_networks_have_the_brand_of_the_table_and_unknown_ones_their_numbers(mcc, mnc, brand, iso):
    found = operators.named(mcc, mnc)
    assert (found.brand, found.iso) == (brand, iso)


@pytest.mark.parametrize(("mcc", "iso"), [(255, "UA"), (310, "US"), (242, "NO"), (234, "GB"), (901, ""), (0, "")])
def test_a_country_code_belongs_to_the_country_that_most_of_its_networks_are_in(mcc, iso):
    assert operators.country_of(mcc)[0] == iso
    assert not iso or mcc in operators.mccs_of(iso)


def test_every_network_is_found_by_the_country_that_it_is_offered_under():
    for mcc, mnc in operators._table():
        iso = operators.named(mcc, mnc).iso
        assert iso == operators.country_of(mcc)[0]
        assert not iso or mcc in operators.mccs_of(iso)


def test_how_reports_usually_arrive_is_read_from_the_account_itself(db, raw):
    settled = raw[(raw["accepted_at"] < NOW - 2 * 86_400_000)]["latency"].dropna()
    usual = speed.usual_arrival(db, now=NOW)
    assert usual.percentile(0.5) == pytest.approx(settled.quantile(0.5), rel=0.06)
