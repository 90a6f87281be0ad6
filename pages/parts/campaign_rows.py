"""What stands below a campaign: who got it, what was reviewed, and who pressed what."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import streamlit as st

from nextpod_core import campaigns, people, reasons, review
from nextpod_core.db import Connection, Row
from pages.parts import charts, downloads, frame, tables
from pages.parts.tables import Column
from pages.parts.words import _, list_of, money, n_, number, status_label, tr

GROUPS = {
    "delivered": ("delivered",),
    "negative": ("failed", "expired", "rejected"),
    "open": ("accepted", "pending", "sent", "unrecognised"),
    "unknown": ("unknown",),
    "waiting": ("queued", "sending"),
    "left_out": ("skipped", "cancelled", "refused"),
}
# The lines of the ledger that have no button of their own above the recipients.
LINES = {
    "queued": ("queued",), "in_flight": ("sending",), "skipped": ("skipped",), "cancelled": ("cancelled",),
    "refused": ("refused",), "accepted": GROUPS["delivered"] + GROUPS["negative"] + GROUPS["open"],
}  # fmt: skip

# Of these everybody asks why.
WITH_REASON = frozenset({"negative", "unknown", "left_out", "skipped", "cancelled", "refused"})


def recipients(db: Connection, campaign_id: int) -> None:
    """Everybody on the list, a hundred at a time, of one group or of all; and the file of them."""
    called = {
        "delivered": _("Delivered"), "negative": _("Not delivered"), "open": _("Open"), "unknown": _("Unknown"),
        "waiting": _("Not left yet"), "left_out": _("Left out"),
    }  # fmt: skip
    called |= {
        "queued": _("Queued"), "in_flight": _("Under way"), "skipped": _("Skipped"), "cancelled": _("Cancelled"),
        "refused": _("Refused"), "accepted": _("Accepted"),
    }  # fmt: skip
    # By the group's own name: what it is called in one language would be nothing in a colleague's.
    asked = st.query_params.get("campaign_group")
    st.session_state["campaign_group"] = asked if asked in GROUPS or asked in LINES else None
    group = st.pills(
        _("Only"), [*GROUPS, *([asked] if asked in LINES else [])], format_func=called.__getitem__,
        key="campaign_group", label_visibility="collapsed",
        on_change=lambda: put_group(st.session_state["campaign_group"]),
    )  # fmt: skip
    statuses = (GROUPS | LINES).get(group or "", ())
    after = tables.cursor("campaign_from") or 0
    rows = campaigns.messages(db, campaign_id, statuses=statuses, after=after, limit=tables.PAGE + 1)
    columns = [
        Column("msisdn", _("Mobile number"), "msisdn", width=140),
        Column("status", _("Status"), "badge", labels=status_label, colours=charts.STATUS_BADGE, width=130),
        Column("status_at", _("Since"), "when", zone=frame.zone(), style="second", width=170),
        Column("parts", _("SMS parts"), "number", width=90),
        *([Column("why", _("Why"), width=400)] if group in WITH_REASON else []),
        Column("text", _("Text"), "message", width=330),
        Column("row", _("Row"), "number", width=70, help=_("The row in the list that was uploaded.")),
    ]
    chosen = tables.pick_one(
        _with_reasons(rows[: tables.PAGE]), columns, key="campaign_messages", shown=15, alt=_("Recipients")
    )
    tables.pager(
        "campaign_from", last=rows[tables.PAGE - 1]["id"] if len(rows) > tables.PAGE else None,
        has_more=len(rows) > tables.PAGE,
    )  # fmt: skip
    if rows:
        downloads.buttons(
            lambda own, write: _download(own, campaign_id, statuses, columns, write), name=f"campaign-{campaign_id}",
            key="campaign_download",
        )  # fmt: skip
    if chosen:
        st.query_params["message"] = str(chosen["id"])
        st.rerun()


def put_group(group: str | None) -> None:
    """Put the group whose recipients are shown into the address, None for all, and go to its first page."""
    if group:
        st.query_params["campaign_group"] = group
    else:
        st.query_params.pop("campaign_group", None)
    tables.first_page("campaign_from")


def _download(db: Connection, campaign_id: int, statuses: tuple[str, ...], columns: list[Column],
              write: downloads.Write) -> bytes:  # fmt: skip
    def every() -> Iterator[Row]:
        after = 0
        while page := campaigns.messages(db, campaign_id, statuses=statuses, after=after, limit=5000):
            yield from page
            after = page[-1]["id"]

    return write(_with_reasons(every()), columns)


def _with_reasons(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows, and with each that did not arrive what is known of why."""
    without = {each for group in WITH_REASON for each in (GROUPS | LINES)[group]}
    return [
        dict(row) | {"why": tr(reasons.explain(row["status"], row["operator_code"]).means) if row["status"] in without
                     else ""}
        for row in rows
    ]  # fmt: skip


def reviewed(row: Row) -> None:
    """What was looked through before it was sent."""
    found = review.of_campaign(row)
    st.text(tables.message(row["text"]))
    parts = n_("{count} SMS part", "{count} SMS parts", found.parts_total)
    price = money(found.price, found.currency) if found.price is not None else _("no price set")
    st.caption(f"{parts} · {price}")
    if row["origin"]:
        st.caption(_("Where the numbers come from: {origin}", origin=row["origin"]))
    if found.left_out:
        left = [f"{number(count)} {_left_out(reason)}" for reason, count in found.left_out.items()]
        st.caption(_("Left out: {reasons}", reasons=list_of(left)))
    for warning in found.warnings:
        st.caption(f":material/warning: {tr(warning)}")
    if found.samples:
        tables.table(
            [dict(zip(("msisdn", "text", "parts", "alphabet"), sample, strict=True)) for sample in found.samples],
            [Column("msisdn", _("Mobile number"), "msisdn", width=140),
             Column("text", _("Text"), "message", width="large"),
             Column("parts", _("SMS parts"), "number", width=90)],
            key="campaign_samples",
        )  # fmt: skip


def events(db: Connection, campaign_id: int) -> None:
    """Who pressed what, the newest first."""
    rows = [
        dict(row) | {"told": details(json.loads(row["detail"]))}
        for row in people.recent(db, subject="campaign", subject_id=str(campaign_id))
    ]
    tables.table(
        rows,
        [
            Column("at", _("When"), "when", zone=frame.zone(), style="second", width=170),
            Column("actor", _("Who"), width=140),
            Column("action", _("What"), width=230, labels=pressed, kind="badge"),
            Column("told", _("Details"), width="large"),
        ],
        key="campaign_events",
    )


def details(detail: Mapping[str, Any]) -> str:
    """What the log knows beside the action, in words."""
    told = []
    for name, value in detail.items():
        match name:
            case "planned":
                told.append(n_("{count} message planned", "{count} messages planned", value))
            case "messages":
                told.append(n_("{count} message", "{count} messages", value))
            case "due_at":
                told.append(_("begins {time}", time=frame.when(value)))
            case "sender":
                told.append(_("from {sender}", sender=value))
            case "asked_by":
                told.append(_("asked for by {who}", who=value))
            case "version":
                pass  # Of the draft: it says nothing to a reader.
            case _:
                told.append(str(value))
    return " · ".join(told)


def pressed(action: str) -> str:
    """What was done to a campaign, in words, by the action of the log."""
    called = {
        "campaign.review": _("Reviewed"), "campaign.send": _("Sent off"), "campaign.ask": _("Release asked for"),
        "campaign.alone": _("Released alone"), "campaign.let_go": _("The rest let go"), "campaign.pause": _("Paused"),
        "campaign.resume": _("Resumed"), "campaign.approved": _("Released"), "campaign.returned": _("Sent back"),
        "campaign.withdrawn": _("Release withdrawn"), "campaign.cancel": _("Cancelled"),
        "campaign.take_back": _("Taken back"),
        "unknown.send_again": _("Unknown ones sent again"),
        "unknown.write_off": _("Unknown ones written off"),
    }  # fmt: skip
    return called.get(action, action)


def _left_out(reason: str) -> str:
    called = {
        "suppressed": _("on the suppression list"), "duplicate": _("doubled"), "invalid": _("not a number"),
        "missing": _("without a number"), "not_mobile": _("not mobile"), "doubtful": _("doubtful"),
        "empty": _("with an empty field"), "too_long": _("too long"), "no_text": _("without a text"),
    }  # fmt: skip
    return called.get(reason, reason)
