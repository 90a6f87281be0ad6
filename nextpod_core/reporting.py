"""
The delivery page's figures for machines: one period or one campaign as plain values, as JSON or CSV.

The same functions answer here and on the page. Times are UTC milliseconds and ISO 8601 on the team's clock; rates are
shares from 0 to 1, and each stands beside what it is a share of.
"""

import csv
import datetime
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from nextpod_core import (
    analytics,
    answering,
    campaigns,
    comparisons,
    costs,
    formulas,
    funnels,
    operators,
    periods,
    speed,
)
from nextpod_core.analytics import Outcome
from nextpod_core.costs import Cost
from nextpod_core.db import Connection
from nextpod_core.errors import BadInput
from nextpod_core.filters import By, Filter
from nextpod_core.options import Options
from nextpod_core.periods import Period
from nextpod_core.speed import Histogram

Report = dict[str, Any]
SHARES = (50, 90, 95, 99)


def of_period(db: Connection, asked: Filter, chosen: Options, *, now: int, silent_after: int) -> Report:
    """Every figure of the delivery page for a filter. `silent_after`: milliseconds until a report is overdue."""
    period = asked.period

    def earlier(other: Period) -> Report:
        narrowed = Filter(other, asked.campaigns, asked.senders, asked.countries, asked.operators, asked.keyword)
        return _span(other) | _outcome(analytics.total(db, narrowed, now=now, silent_after=silent_after))

    usual = analytics.total(db, Filter(period.benchmark()), now=now, silent_after=silent_after)
    return {
        "asked": _span(period) | _asked(asked),
        "result": _outcome(analytics.total(db, asked, now=now, silent_after=silent_after)),
        "period_before": earlier(period.before()),
        "year_ago": earlier(period.year_ago()),
        "benchmark": _span(period.benchmark()) | _outcome(usual),
        **_figures(db, asked, chosen, now=now, silent_after=silent_after),
        "by_campaign": _groups(db, asked, "campaign", now=now, silent_after=silent_after),
        "by_sender": _groups(db, asked, "sender", now=now, silent_after=silent_after),
        "statement": [
            {"month": month.strftime("%Y-%m"), "sender": sender, **_cost(one, chosen)}
            for (month, sender), one in sorted(costs.statement(db, asked, chosen).items())
        ],
    }


def of_campaign(db: Connection, campaign_id: int, chosen: Options, *, now: int, silent_after: int) -> Report:
    """Every figure of one campaign over its whole life, and where every message of it is.

    Raises BadInput when there is no such campaign, or it is a draft still.
    """
    row = campaigns.get(db, campaign_id)
    if row is None or row["kind"] != "campaign" or row["state"] == "draft":
        raise BadInput("There is no campaign number {id}.", id=campaign_id)
    zone = ZoneInfo(chosen.zone)
    began = row["started_at"] or row["due_at"] or row["created_at"]
    # Also what was accepted before it began, by the clock of a report that came for a request without an answer.
    earliest = db.execute("SELECT min(hour) FROM count_hours WHERE campaign_id = ?", (campaign_id,)).fetchone()[0]
    first = periods.today(min(began, now, earliest or began), zone)
    asked = Filter(Period(first, max(periods.today(now, zone), periods.today(began, zone)), zone), (campaign_id,))
    told = {name: row[name] for name in ("id", "name", "sender", "purpose", "state", "planned")}
    times = {name: _iso(row[name], zone) for name in ("created_at", "due_at", "started_at", "ended_at")}
    return {
        "campaign": told | times,
        "ledger": asdict(campaigns.ledger(db, campaign_id)),
        "result": _outcome(analytics.total(db, asked, now=now, silent_after=silent_after)),
        **_figures(db, asked, chosen, now=now, silent_after=silent_after),
    }


def as_json(report: Report) -> str:
    """The report as one JSON object."""
    return json.dumps(report, ensure_ascii=False, indent=1)


def as_csv(report: Report) -> str:
    """The report as lines of table, row, figure, value: with commas and decimal points, whatever the language."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("table", "row", "figure", "value"))
    for table, content in report.items():
        for place, cells in enumerate(content if isinstance(content, list) else [content], 1):
            for figure, value in _flat(cells):
                writer.writerow((table, place, _tame(figure), _tame(value)))
    return out.getvalue()


def _figures(db: Connection, asked: Filter, chosen: Options, *, now: int, silent_after: int) -> Report:
    by_bucket = analytics.outcomes(db, asked, by="bucket", now=now, silent_after=silent_after)
    zone = asked.period.zone
    handset = speed.handset(db, asked, by="all").get(None, Histogram())
    by_campaign = answering.by_campaign(db, asked, limit=1_000_000)
    delivered, people = sum(one.delivered for one in by_campaign), sum(one.people for one in by_campaign)
    out = None if asked.has_place else sum(one.opted_out or 0 for one in by_campaign)
    keywords, ours = answering.by_keyword(db, asked), answering.ours(db, asked)
    over_time = costs.costs(db, asked, chosen, by="bucket")
    whole = costs.whole(over_time)
    return {
        "funnel": [asdict(step) for step in funnels.funnel(db, asked).steps],
        "over_time": [
            {"from": _iso(start, zone), "grain": asked.period.grain, **_outcome(by_bucket.get(start, Outcome()))}
            for start in asked.period.buckets()
        ],
        "by_operator": _groups(db, asked, "operator", now=now, silent_after=silent_after),
        "by_country": _groups(db, asked, "country", now=now, silent_after=silent_after),
        "by_week_hour": _groups(db, asked, "week_hour", now=now, silent_after=silent_after),
        "reasons": [asdict(one) for one in analytics.reasons(db, asked)],
        "to_handset": _times(handset),
        "answers": {
            "incoming": sum(one.messages for one in keywords), "of_delivered": delivered, "people": people,
            "answer_rate": people / delivered if delivered else None, "opted_out": out,
            "opt_out_rate": out / delivered if delivered and out is not None else None,
            "first_answer": _times(answering.wait(db, asked)),
            "answered_by_us": ours.answered, "our_median_ms": ours.median,
        },
        "keywords": [asdict(one) for one in keywords],
        "cost_by_country": [
            {"country": iso, **_cost(one, chosen)}
            for iso, one in sorted(costs.costs(db, asked, chosen, by="country").items())
        ],
        "cost_by_campaign": [
            {"campaign": ident, **_cost(one, chosen)} for ident, one in costs.by_campaign(db, asked, chosen).items()
        ],
        "cost_over_time": [
            {"from": _iso(start, zone), **_cost(over_time.get(start, Cost()), chosen)}
            for start in asked.period.buckets()
        ],
        "cost": _cost(whole, chosen) | {
            "ucs2_parts_saved_at_least": whole.saved, "ucs2_price_saved_at_least": round(whole.saved_price, 4),
        },
    }  # fmt: skip


def _groups(db: Connection, asked: Filter, by: By, *, now: int, silent_after: int) -> list[Report]:
    found = analytics.outcomes(db, asked, by=by, now=now, silent_after=silent_after)
    marks = {}
    if by in ("operator", "country"):
        known = {key: one for key, one in found.items() if one.settled and key not in ("", (0, 0))}
        marks = comparisons.marks({key: (one.delivered, one.settled) for key, one in known.items()})
    return [
        {
            by: _key(key),
            **_outcome(one),
            **({"more_than_chance": marks.get(key)} if by in ("operator", "country") else {}),
        }
        for key, one in sorted(found.items())
    ]


def _key(key: Any) -> Any:
    return operators.named(*key).code if isinstance(key, tuple) else key


def _outcome(one: Outcome) -> Report:
    low, high = one.interval if one.settled else (None, None)
    names = ("accepted", "settled", "delivered", "negative", "failed", "expired", "rejected", "open", "silent",
             "unrecognised", "parts")  # fmt: skip
    return {name: getattr(one, name) for name in names} | {"rate": one.rate, "rate_low": low, "rate_high": high}


def _times(found: Histogram) -> Report:
    return {"messages": found.messages} | {f"p{share}_ms": found.percentile(share / 100) for share in SHARES}


def _cost(one: Cost, chosen: Options) -> Report:
    return {"messages": one.messages, "parts": one.parts, "gsm7": one.gsm7, "ucs2": one.ucs2,
            "unpriced": one.unpriced, "price": None if one.unpriced else round(one.price, 4),
            "delivered": one.delivered, "per_delivered": one.per_delivered, "answered": one.answered,
            "per_answered": one.per_answered, "currency": chosen.currency}  # fmt: skip


def _asked(asked: Filter) -> Report:
    return {
        "campaigns": list(asked.campaigns),
        "senders": list(asked.senders),
        "countries": list(asked.countries),
        "operators": [operators.named(*pair).code for pair in asked.operators],
        "keyword": asked.keyword,
    }


def _span(period: Period) -> Report:
    return {"first": period.first.isoformat(), "last": period.last.isoformat(), "zone": period.zone.key,
            "from": _iso(period.start, period.zone), "until": _iso(period.end, period.zone)}  # fmt: skip


def _iso(at: int | None, zone: ZoneInfo) -> str | None:
    return None if at is None else datetime.datetime.fromtimestamp(at / 1000, zone).isoformat(timespec="seconds")


def _flat(cells: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in cells.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, Iterable) and not isinstance(value, str):
            yield f"{before}{name}", " ".join(str(one) for one in value)
        else:
            yield f"{before}{name}", value


def _tame(value: Any) -> Any:
    return formulas.tame(value) if isinstance(value, str) else value  # A campaign may be called anything.
