"""Any period, any zone, any filters together: each figure is that of pandas over the same messages, one by one.

Two years of messages made by lot, two clock changes in each, a leap day, weeks and months and years that end.
"""

import datetime
import os
import random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextpod_core import analytics, answering, costs, funnels, operators, options, speed
from nextpod_core.counts import Facts, Tally, bucket
from nextpod_core.db import transaction
from nextpod_core.filters import Filter
from nextpod_core.periods import Period
from tests.outboxes import new_store

HOUR = 3_600_000
FIRST, DAYS = datetime.date(2027, 1, 1), 800
NOW = round(datetime.datetime(2029, 3, 1, tzinfo=datetime.UTC).timestamp() * 1000)
SILENT_AFTER = 78 * HOUR
SENDERS = ("Nextpod", "2345", "Klubben", "2345", "Nextpod")
CAMPAIGNS = range(1, len(SENDERS) + 1)
NETWORKS = [(242, 1), (242, 2), (240, 1), (255, 3), (0, 0), (240, 1_234)]
STATUSES = ["delivered"] * 6 + ["failed", "expired", "rejected", "accepted", "sent", "pending", "unrecognised"]
PRICES = options.Options(price=0.5, prices={"SE": 0.75, "UA": 1.25})
SHOWN = ("delivered", "failed", "expired", "rejected", "open", "silent", "unrecognised", "parts")
# Half hours, quarters, a clock that is changed by half an hour, and one on the other side of the date line.
ZONES = ["Europe/Oslo", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Auckland"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The counts of six thousand messages, and the messages themselves as a frame."""
    db, dice, tally, told = new_store(tmp_path_factory.mktemp("years"))[1], random.Random(7), Tally(), []
    begin = round(datetime.datetime.combine(FIRST, datetime.time(), datetime.UTC).timestamp() * 1000)
    for _message in range(6_000):
        (mcc, mnc), status, parts = dice.choice(NETWORKS), dice.choice(STATUSES), dice.choice([1, 1, 2, 4])
        # Every third around a change of the clock.
        day = dice.choice([dice.randrange(DAYS), dice.randrange(DAYS), dice.choice([86, 303, 450, 667])])
        at = begin + day * 24 * HOUR + dice.randrange(24 * HOUR)
        odd = status in ("failed", "expired", "rejected", "unrecognised")
        told.append(Facts(
            dice.randint(1, 5), parts, dice.choice(["gsm7", "gsm7", "ucs2"]), status, at, at + 9_000, mcc, mnc,
            dice.choice(["UNDELIV", "ABSENT"]) if odd else None, dice.choice(["1006", None]) if odd else None,
            dice.randrange(100, 10**6) if status == "delivered" else None, int(dice.random() < 0.2),
        ))  # fmt: skip
    with transaction(db):
        for place, sender in enumerate(SENDERS, 1):
            db.execute(
                """
                INSERT INTO campaigns (id, name, sender, text, state, zone, created_at, created_by, started_at)
                VALUES (?, 'Test', ?, '', 'finished', 'UTC', 0, 'test', ?)
                """,
                (place, sender, began(place)),
            )
        for facts in told:
            tally.change(None, facts)
        tally.write(db)
    raw = pd.DataFrame(told)
    raw["hour"] = raw["accepted_at"] // HOUR * HOUR
    raw["sender"] = [SENDERS[campaign - 1] for campaign in raw["campaign_id"]]
    raw["country"] = raw["mcc"].map({242: "NO", 240: "SE", 255: "UA", 0: ""})
    raw["operator"] = list(zip(raw["mcc"], raw["mnc"], strict=True))
    late = raw["hour"] < (NOW - SILENT_AFTER) // HOUR * HOUR
    raw["outcome"] = raw["status"].where(
        ~raw["status"].isin(["accepted", "sent", "pending"]), late.map({True: "silent", False: "open"})
    )
    raw["price"] = raw["parts"] * raw["country"].map({"SE": 0.75, "UA": 1.25}).fillna(0.5)
    yield db, raw
    db.close()


some = st.lists
# Weeks answer where no campaign is named: so nothing at all, or a sender or a place alone, is asked as often as all.
NOTHING: dict[str, list[object]] = {"campaigns": [], "senders": [], "countries": [], "operators": []}
plain = st.sampled_from([{}, {}, {"senders": ["2345"]}, {"countries": ["NO"]}, {"operators": [(242, 2)]}])
filters = plain.map(lambda one: NOTHING | one) | st.fixed_dictionaries({
    "campaigns": some(st.integers(1, 6), max_size=3, unique=True),
    "senders": some(st.sampled_from(["Nextpod", "2345", "Klubben", "Nobody"]), max_size=2, unique=True),
    "countries": some(st.sampled_from(["NO", "SE", "UA", "DE"]), max_size=2, unique=True),
    "operators": some(st.sampled_from([*NETWORKS, (310, 4)]), max_size=2, unique=True),
})  # fmt: skip


@settings(max_examples=int(os.environ.get("WALKS", "7")), deadline=None)
@given(
    zone=st.sampled_from(ZONES), begin=st.integers(-20, DAYS), days=st.sampled_from([1, 2, 7, 29, 100, 366, 741]),
    wanted=filters,
)  # fmt: skip
def test_every_figure_is_that_of_the_messages_themselves(store, zone, begin, days, wanted):
    db, raw = store
    first = FIRST + datetime.timedelta(days=begin)
    period = Period(first, first + datetime.timedelta(days=days - 1), ZoneInfo(zone))
    asked = Filter(period, **{name: tuple(values) for name, values in wanted.items()})
    mine = raw.assign(local=pd.to_datetime(raw["hour"], unit="ms", utc=True).dt.tz_convert(zone))
    mine["day"] = mine["local"].dt.date
    mine = mine[(mine["day"] >= period.first) & (mine["day"] <= period.last)]
    for column, name in (("campaign_id", "campaigns"), ("sender", "senders"), ("country", "countries"),
                         ("operator", "operators")):  # fmt: skip
        if wanted[name]:
            mine = mine[mine[column].isin(wanted[name])]
    keys = {
        "all": pd.Series([None] * len(mine), index=mine.index, dtype=object), "day": mine["day"],
        "bucket": bucket_of(mine, period), "week_hour": mine["local"].dt.day_of_week * 24 + mine["local"].dt.hour,
        "country": mine["country"], "operator": mine["operator"], "campaign": mine["campaign_id"],
        "sender": mine["sender"],
    }  # fmt: skip
    for by, key in keys.items():
        found = analytics.outcomes(db, asked, by=by, now=NOW, silent_after=SILENT_AFTER)
        assert {place: tuple(getattr(one, name) for name in SHOWN) for place, one in found.items()} == {
            place: (*(int((rows["outcome"] == name).sum()) for name in SHOWN[:-1]), int(rows["parts"].sum()))
            for place, rows in grouped(mine, key)
        }, by
    month = pd.Series([day.replace(day=1) for day in mine["day"]], index=mine.index, dtype=object)
    keys["statement"] = pd.Series(list(zip(month, mine["sender"], strict=True)), index=mine.index, dtype=object)
    for by in ("all", "bucket", "country", "campaign", "statement"):
        price = (
            costs.statement(db, asked, PRICES) if by == "statement"
            else costs.by_campaign(db, asked, PRICES) if by == "campaign"
            else costs.costs(db, asked, PRICES, by=by)
        )  # fmt: skip
        assert {
            place: (one.messages, one.ucs2, one.delivered, one.answered, pytest.approx(one.price))
            for place, one in price.items()
        } == {
            place: (len(rows), int(rows[rows["alphabet"] == "ucs2"]["parts"].sum()),
                    int((rows["status"] == "delivered").sum()), int(rows["answered"].sum()), rows["price"].sum())
            for place, rows in grouped(mine, keys[by])
        }, by  # fmt: skip
    why = mine[mine["outcome"].isin(["failed", "expired", "rejected", "unrecognised"])]
    assert {(one.status, one.word, one.code): one.messages for one in analytics.reasons(db, asked)} == (
        why.groupby(["status", "word", why["operator_code"].fillna("")]).size().to_dict()
    )
    begun_within(db, raw, asked, wanted)
    quick = mine[mine["status"] == "delivered"]
    for by in ("all", "bucket", "day", "operator"):
        histograms = speed.handset(db, asked, by=by)
        assert {place: dict(sorted(one.buckets.items())) for place, one in histograms.items()} == {
            place: rows["latency"].map(lambda ms: bucket(int(ms))).value_counts().sort_index().to_dict()
            for place, rows in grouped(quick, keys[by])
        }, by


def begun_within(db, raw: pd.DataFrame, asked: Filter, wanted) -> None:
    """The funnel and the answer rates: whole lives of the campaigns that began within the period."""
    period = asked.period
    begun = {campaign for campaign in CAMPAIGNS if period.start <= began(campaign) < period.end}
    whole = raw[raw["campaign_id"].isin(begun)]
    for column, name in (("campaign_id", "campaigns"), ("sender", "senders"), ("country", "countries"),
                         ("operator", "operators")):  # fmt: skip
        if wanted[name]:
            whole = whole[whole[column].isin(wanted[name])]
    delivered = whole[whole["status"] == "delivered"]
    found = funnels.funnel(db, asked)
    assert found.by_status == whole.groupby("status").size().to_dict()
    rates = {one.id: (one.delivered, one.people) for one in answering.by_campaign(db, asked)}
    mine = {campaign: whole[whole["campaign_id"] == campaign] for campaign in begun}
    known = {campaign: (int((rows["status"] == "delivered").sum()), int(rows["answered"].sum()))
             for campaign, rows in mine.items()}  # fmt: skip
    if wanted["countries"] or wanted["operators"]:
        assert found.answered == int(whole["answered"].sum()) and found.opted_out is None
        assert [step.messages for step in found.steps] == [
            int((whole["status"] != "accepted").sum()), len(delivered), int(whole["answered"].sum())
        ]  # fmt: skip
        assert {campaign: rates[campaign] for campaign in rates} == {campaign: known[campaign] for campaign in rates}
    else:
        assert {campaign: one[0] for campaign, one in rates.items()} == {
            campaign: known[campaign][0] for campaign in rates
        }
    assert {ident for ident in known if known[ident] != (0, 0)} <= set(rates) <= begun


def began(campaign: int) -> int:
    """When a campaign of the fixture began: a hundred and fifty days apart."""
    at = datetime.datetime.combine(FIRST, datetime.time(), datetime.UTC) + datetime.timedelta(days=150 * campaign - 120)
    return round(at.timestamp() * 1000)


def bucket_of(mine: pd.DataFrame, period: Period) -> pd.Series:
    """Where the bucket of a message begins: its hour, or the midnight of its day, Monday or first of the month."""
    if period.grain == "hour":
        return mine["hour"]
    starts = {"day": lambda day: day, "week": lambda day: day - datetime.timedelta(days=day.weekday()),
              "month": lambda day: day.replace(day=1)}[period.grain]  # fmt: skip
    at = {day: pd.Timestamp(starts(day)).tz_localize(period.zone.key) for day in set(mine["day"])}
    return mine["day"].map({day: round(start.timestamp() * 1000) for day, start in at.items()})


def grouped(rows: pd.DataFrame, key: pd.Series):
    for place, some_rows in rows.groupby(key.reindex(rows.index), dropna=False):
        yield None if isinstance(place, float) and place != place else place, some_rows


def test_the_country_of_every_network_used_here_is_known():
    assert [operators.country_of(mcc)[0] for mcc in (242, 240, 255, 0)] == ["NO", "SE", "UA", ""]
