"""The figures for machines: the page's own, as JSON and as CSV, from the command line."""

import csv
import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nextpod_core import (
    analytics,
    answering,
    comparisons,
    costs,
    filters,
    funnels,
    operators,
    options,
    periods,
    reporting,
    speed,
)
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from tests import filled
from tests.filled import NOW, SILENT_AFTER, thirty_days

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db, _told = filled.month(tmp_path_factory.mktemp("month"))
    yield db
    db.close()


def test_a_period_is_reported_with_the_figures_of_the_page(db):
    chosen = options.read(db)
    found = reporting.of_period(db, thirty_days(), chosen, now=NOW, silent_after=SILENT_AFTER)
    whole = analytics.total(db, thirty_days(), now=NOW, silent_after=SILENT_AFTER)
    assert {name: found["result"][name] for name in ("accepted", "settled", "rate", "open")} == {
        "accepted": whole.accepted, "settled": whole.settled, "rate": whole.rate, "open": whole.open,
    }  # fmt: skip
    assert sum(cell["accepted"] for cell in found["over_time"]) == whole.accepted
    for table in ("by_operator", "by_country", "by_sender", "by_campaign", "by_week_hour"):
        assert sum(cell["accepted"] for cell in found[table]) == whole.accepted, table
    handset = speed.handset(db, thirty_days(), by="all")[None]
    assert found["to_handset"]["p95_ms"] == handset.percentile(0.95)
    assert found["answers"]["people"] == answering.wait(db, thirty_days()).messages
    price = costs.costs(db, thirty_days(), chosen, by="all")[None].price
    assert found["cost"]["price"] == pytest.approx(price, abs=0.001)
    assert sum(line["price"] for line in found["statement"]) == pytest.approx(price, abs=0.01)
    assert found["year_ago"]["accepted"] == 0


@pytest.mark.parametrize(
    "wanted", [{}, {"senders": ("2345",), "countries": ("NO", "SE")}, {"campaigns": (3,)}], ids=str
)
def test_every_table_of_the_report_is_what_the_pages_function_says(db, wanted):
    chosen, asked, told = options.read(db), thirty_days(**wanted), {"now": NOW, "silent_after": SILENT_AFTER}
    found = reporting.of_period(db, asked, chosen, **told)
    usual = analytics.total(db, filters.Filter(asked.period.benchmark()), **told)
    before = analytics.total(db, thirty_days_before(asked), **told)
    pairs = [(found["result"], analytics.total(db, asked, **told)), (found["benchmark"], usual),
             (found["period_before"], before)]  # fmt: skip
    for by in ("operator", "country", "sender", "campaign", "week_hour"):
        outcomes = analytics.outcomes(db, asked, by=by, **told)
        rows = {row[by]: row for row in found[f"by_{by}"]}
        assert len(rows) == len(outcomes) == len(found[f"by_{by}"])
        keys = {key: operators.named(*key).code if by == "operator" else key for key in outcomes}
        pairs += [(rows[keys[key]], one) for key, one in outcomes.items()]
        if by in ("operator", "country"):
            known = {key: (one.delivered, one.settled) for key, one in outcomes.items()
                     if one.settled and key not in ("", (0, 0))}  # fmt: skip
            marks = comparisons.marks(known)
            assert {key: rows[keys[key]]["more_than_chance"] for key in outcomes} == {
                key: marks.get(key) for key in outcomes
            }
    for row, one in pairs:
        for name in ("accepted", "settled", "delivered", "negative", "open", "silent", "unrecognised", "parts", "rate"):
            assert row[name] == getattr(one, name)
        assert (row["rate_low"], row["rate_high"]) == (one.interval if one.settled else (None, None))
    assert [one["messages"] for one in found["funnel"]] == [one.messages for one in funnels.funnel(db, asked).steps]
    assert found["reasons"] == [dataclasses.asdict(one) for one in analytics.reasons(db, asked)]
    handset = speed.handset(db, asked, by="all")[None]
    for share in (50, 90, 95, 99):
        assert found["to_handset"][f"p{share}_ms"] == handset.percentile(share / 100)
    rates = answering.by_campaign(db, asked, limit=10_000)
    delivered, people = sum(one.delivered for one in rates), sum(one.people for one in rates)
    out = None if asked.has_place else sum(one.opted_out for one in rates)
    assert found["answers"]["answer_rate"] == (people / delivered if delivered else None)
    assert found["answers"]["opt_out_rate"] == (out / delivered if delivered and out is not None else None)
    assert found["answers"]["incoming"] == sum(one.messages for one in answering.by_keyword(db, asked))
    for name, money in (("country", costs.costs(db, asked, chosen, by="country")),
                        ("campaign", costs.by_campaign(db, asked, chosen))):  # fmt: skip
        assert {row[name]: (row["price"], row["per_delivered"], row["per_answered"])
                for row in found[f"cost_by_{name}"]} == {
            key: (round(one.price, 4), one.per_delivered, one.per_answered) for key, one in money.items()
        }  # fmt: skip
    assert len(found["cost_over_time"]) == len(found["over_time"]) == 30


def thirty_days_before(asked):
    return dataclasses.replace(asked, period=asked.period.before())


def test_a_campaign_is_reported_over_its_whole_life(db):
    found = reporting.of_campaign(db, 3, options.read(db), now=NOW, silent_after=SILENT_AFTER)
    assert found["ledger"]["accepted"] == found["result"]["accepted"] > 0
    assert found["ledger"]["delivered"] == found["result"]["delivered"]
    assert found["funnel"][0]["messages"] == found["ledger"]["planned"] == found["campaign"]["planned"]


@pytest.mark.parametrize("campaign", [0, 9_999, 1 << 40])
def test_an_unknown_campaign_is_said_to_be_unknown(db, campaign):
    with pytest.raises(BadInput, match="There is no campaign number"):
        reporting.of_campaign(db, campaign, options.read(db), now=NOW, silent_after=SILENT_AFTER)


def test_csv_and_json_say_the_same_and_no_name_is_a_formula(tmp_path):
    own, _told = filled.month(tmp_path)
    with transaction(own):
        own.execute("UPDATE campaigns SET name = '=HYPERLINK(1)' WHERE id = 3")
    found = reporting.of_campaign(own, 3, options.read(own), now=NOW, silent_after=SILENT_AFTER)
    own.close()
    assert json.loads(reporting.as_json(found))["campaign"]["name"] == "=HYPERLINK(1)"
    lines = list(csv.DictReader(io.StringIO(reporting.as_csv(found))))
    told = {(line["table"], line["row"], line["figure"]): line["value"] for line in lines}
    assert told["campaign", "1", "name"] == "'=HYPERLINK(1)"
    assert told["result", "1", "accepted"] == str(found["result"]["accepted"])
    assert told["ledger", "1", "planned"] == str(found["ledger"]["planned"])
    assert not [line for line in lines if line["value"].startswith("=")]


def test_an_empty_desk_is_reported_without_an_error(tmp_path):
    empty = filled.new(tmp_path / "empty.db")
    asked = filters.Filter(periods.asked("3h", now=NOW, zone=filled.OSLO))
    found = reporting.of_period(empty, asked, options.read(empty), now=NOW, silent_after=SILENT_AFTER)
    empty.close()
    assert found["result"]["rate"] is None
    assert json.loads(reporting.as_json(found))["funnel"][0]["messages"] == 0


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["--campaign", "3"], 0, '"ledger"'),
        (["--campaign", "3", "--format", "csv"], 0, "table,row,figure,value"),
        (["--period", "30d"], 0, '"statement"'),
        (["--from", "2026-10-04", "--to", "2026-11-02", "--operator", "242-1"], 0, '"242-1"'),
        (["--campaign", "999"], 1, "There is no campaign number 999."),
        (["--campaign", "3", "--period", "7d"], 1, "whole life"),
        (["--from", "2026-11-02", "--to", "2026-10-02"], 1, "before it begins"),
        (["--from", "yesterday"], 1, "yesterday is no date"),
        (["--operator", "telia"], 1, "MCC and MNC"),
        (["--campaign", "99999999999999999999"], 2, "is no number of a campaign"),
        (["--country", "NOR"], 1, "NOR is no country"),
        (["--sender", "=1+1"], 1, "Nothing was ever sent from =1+1"),
        (["--period", "7d", "--from", "2026-11-02"], 1, "leave one of the two out"),
    ],
    ids=str,
)  # fmt: skip
def test_the_command_line_prints_it_or_says_what_is_wrong(tmp_path, given, code, says):
    own, _told = filled.month(tmp_path)
    own.close()
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")}
    done = subprocess.run(
        [sys.executable, "-m", "nextpod_core", "report", *given], cwd=ROOT, capture_output=True, text=True,
        env=env | {"NEXTPOD_DATABASE": str(tmp_path / "desk.db")},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert says in (done.stdout if code == 0 else done.stderr)
