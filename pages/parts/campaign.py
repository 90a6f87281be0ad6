"""One campaign: how far it is, where every message of it is, who got it, what was reviewed, who pressed what."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import streamlit as st

from nextpod_core import campaigns, drafts, errors, followups, history, pace, people, rates, review, work
from nextpod_core.campaigns import Ledger
from nextpod_core.db import Connection, Row
from nextpod_core.sentences import load
from pages.parts import approving, campaign_hold, charts, downloads, frame, tables
from pages.parts.tables import Column
from pages.parts.words import _, list_of, money, n_, number, percent, state_label, status_label, tr

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
# How the outcomes lie on each other in the chart, the best at the bottom.
OUTCOMES = ("delivered", "sent", "pending", "unrecognised", "expired", "failed", "rejected")


def rate(row: Any) -> float | None:
    """Delivered of all with a final report, or None while there is none."""
    final = row["delivered"] + row["negative"]
    return row["delivered"] / final if final else None


def share_done(row: Any) -> float | None:
    """How much of the campaign is neither queued nor under way."""
    return (row["planned"] - row["waiting"]) / row["planned"] if row["planned"] else None


def show(db: Connection, campaign_id: int) -> None:
    """Draw the campaign's page."""
    row = campaigns.get(db, campaign_id)
    if row is not None and row["state"] == "draft" and row["draft_id"]:
        campaign_hold.lead_to_draft(row)
        return
    if row is None or row["kind"] != "campaign" or row["state"] == "draft":
        frame.tell(_("There is no campaign number {id}.", id=str(campaign_id)), "warning")
        frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
        return
    frame.link("campaigns", label=_("All campaigns"), icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.title(row["name"].replace("\n", " "), width="content")
            st.badge(state_label(row["state"]), color=charts.STATE_BADGE[row["state"]])  # type: ignore[arg-type]
        _actions(row)
    if row["pause_reason"] and row["state"] == "paused" and (reason := load(row["pause_reason"])):
        frame.tell(reason, "warning")
    st.caption(_facts(row))
    approving.draw_alone(db, row["draft_id"])
    campaign_hold.draw(db, row)
    _live(campaign_id)
    if row["state"] in followups.OVER:
        _follow_up(db, campaign_id)
    who, reviewed, events = st.tabs(
        [_("Who got it"), _("What was reviewed"), _("Who pressed what")], key="campaign_tab", on_change="rerun"
    )
    if who.open:
        with who:
            _recipients(db, campaign_id)
    if reviewed.open:
        with reviewed:
            _review(row)
    if events.open:
        with events:
            _events(db, campaign_id)


def _facts(row: Row) -> str:
    facts = [
        n_("{count} recipient", "{count} recipients", row["planned"]),
        _("from {sender}", sender=row["sender"]),
        _("begins {time}", time=frame.when(row["due_at"])) if row["state"] == "scheduled"
        else _("began {time}", time=frame.when(row["started_at"])),
    ]  # fmt: skip
    if row["window_from"]:
        facts.append(_("only {start}-{end}", start=row["window_from"], end=row["window_to"]))
    if row["per_minute"]:
        facts.append(n_("at most {count} a minute", "at most {count} a minute", row["per_minute"]))
    if row["handed_over"]:
        facts.append(_("handed over to Nextpod"))
    return " · ".join([*facts, str(frame.zone())])


def _actions(row: Row) -> None:
    id, state = row["id"], row["state"]
    with st.container(horizontal=True, horizontal_alignment="right", width="content", key="campaign_actions"):
        if state in ("sending", "scheduled") and frame.may("campaign.stop"):
            st.button(_("Pause"), icon=":material/pause:", key="campaign_pause", on_click=_act, args=("pause", id))
        if state == "paused" and frame.may("campaign.resume"):
            st.button(
                _("Resume"), icon=":material/play_arrow:", type="primary", key="campaign_resume",
                on_click=_act, args=("resume", id),
            )  # fmt: skip
        over = state in ("finished", "cancelled")
        if (
            not over
            and frame.may("campaign.stop")
            and st.button(_("Cancel"), icon=":material/cancel:", key="campaign_cancel")
        ):
            _ask_before_cancelling(id)
        if (
            row["draft_id"]
            and frame.may("campaign.compose")
            and st.button(_("Copy"), icon=":material/content_copy:", key="campaign_copy")
        ):
            _copy(row["draft_id"])


def _act(what: str, id: int) -> None:
    """A button's work, in its callback: one transaction, whatever else the person presses meanwhile."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    with frame.telling_later():
        {"pause": campaigns.pause, "resume": campaigns.resume, "cancel": campaigns.cancel}[what](db, id, by=by, now=now)


def _unknown(what: str, id: int) -> None:
    db, by, now = frame.run_db(), frame.user(), frame.now()
    with frame.telling_later():
        {"again": campaigns.send_again, "off": campaigns.write_off}[what](db, id, by=by, now=now)


def _ask_before_cancelling(id: int) -> None:
    @st.dialog(_("Cancel this campaign?"))
    def ask() -> None:
        ledger = campaigns.ledger(frame.run_db(), id)
        st.write(
            n_(
                "{count} message has not left yet and will never leave. Those that left can't be called back.",
                "{count} messages have not left yet and will never leave. Those that left can't be called back.",
                ledger.queued,
            )
        )
        st.write(_("This can't be undone. To send to the rest later, pause instead."))
        if st.button(
            _("Cancel the campaign"), type="primary", key="campaign_cancel_now", on_click=_act, args=("cancel", id)
        ):
            st.rerun()

    ask()


def _ask_before_again(id: int, count: int) -> None:
    @st.dialog(_("Send the unknown ones again?"))
    def ask() -> None:
        st.write(
            n_(
                "{count} message left without an answer. The person may have it already, and would get it twice.",
                "{count} messages left without an answer. People may have them already, and would get them twice.",
                count,
            )
        )
        if st.button(_("Send again"), type="primary", key="campaign_again_now", on_click=_unknown, args=("again", id)):
            st.rerun()

    ask()


def _copy(draft_id: int) -> None:
    try:
        made = drafts.copy(frame.run_db(), draft_id, by=frame.user(), now=frame.now())
    except errors.NextpodError as error:
        frame.tell_error(error)
        return
    st.switch_page(frame.page_path("compose"), query_params={"draft": str(made.id)})


def _follow_up(db: Connection, id: int) -> None:
    if not frame.may("campaign.compose"):
        return
    missed, reached = (followups.count(db, id, whom) for whom in ("missed", "reached"))
    with st.container(horizontal=True, vertical_alignment="center", key="campaign_follow_up"):
        if missed and st.button(
            n_("Write to the {count} who did not get it …", "Write to the {count} who did not get it …", missed),
            icon=":material/forward_to_inbox:", key="campaign_missed",
            help=_("A draft with the same text to those whose message failed, was refused or never left."),
        ):  # fmt: skip
            _begin_follow_up(id, "missed")
        if reached and st.button(
            n_("Correct it for the {count} who may have it …", "Correct it for the {count} who may have it …", reached),
            icon=":material/edit_note:", key="campaign_reached",
            help=_("A draft to exactly those who got it, or may have: also the open and the unknown ones."),
        ):  # fmt: skip
            _begin_follow_up(id, "reached")


def _begin_follow_up(id: int, whom: followups.Whom) -> None:
    given = frame.the_settings()
    try:
        made = followups.begin(given, frame.run_db(), id, whom, by=frame.user(), now=frame.now())
        assert made.import_id is not None
        work.start(given, "import", made.import_id)
    except errors.NextpodError as error:
        frame.tell_error(error)
        return
    st.switch_page(frame.page_path("compose"), query_params={"draft": str(made.id)})


def _live(campaign_id: int) -> None:
    @frame.live(2.0)
    def progress() -> None:
        db = frame.run_db()
        row = campaigns.get(db, campaign_id)
        assert row is not None
        before = st.session_state.get("campaign_state")
        st.session_state["campaign_state"] = (campaign_id, row["state"])
        if before and before[0] == campaign_id and before[1] != row["state"]:
            st.rerun()  # The buttons and the badge stand outside this fragment.
        ledger = campaigns.ledger(db, campaign_id)
        _figures(db, row, ledger)
        _chart(db, row)

    progress()


def _figures(db: Connection, row: Row, ledger: Ledger) -> None:
    gone = ledger.planned - ledger.queued - ledger.in_flight
    final = ledger.delivered + ledger.negative
    with st.grid(4, min_column_width=190, key="campaign_figures"):
        with st.container(border=True, height="stretch"):
            st.metric(_("Done with"), f"{number(gone)} / {number(ledger.planned)}")
            st.progress(gone / ledger.planned if ledger.planned else 0.0)
            if end := pace.expected_end(db, row, waiting=ledger.queued + ledger.in_flight, now=frame.now()):
                st.caption(_("done about {time} at the pace of the last minutes", time=frame.when(end, "weekday")))
        with st.container(border=True, height="stretch"):
            share = ledger.delivered / final if final else None
            st.metric(_("Delivered"), percent(share))
            if final:
                low, high = rates.wilson(ledger.delivered, final)
                st.caption(
                    _("of {final} with a final report; 95 % interval {low}-{high}",
                      final=number(final), low=percent(low), high=percent(high))
                )  # fmt: skip
            else:
                st.caption(_("No final report yet."))
        with st.container(border=True, height="stretch"):
            st.metric(_("Open"), number(ledger.open))
            st.caption(_("accepted, with no final report yet"))
        with st.container(border=True, height="stretch"):
            st.metric(_("Unknown"), number(ledger.unknown))
            st.caption(_("may have been sent: no answer came"))
    if ledger.unknown and frame.may("unknown.decide"):
        with st.container(horizontal=True, vertical_alignment="center", key="campaign_unknowns"):
            st.caption(_("A delivery report settles an unknown message by itself. If none comes, a person decides:"))
            if st.button(_("Send again …"), key="campaign_again"):
                _ask_before_again(row["id"], ledger.unknown)
            st.button(_("Write off"), key="campaign_off", on_click=_unknown, args=("off", row["id"]),
                      help=_("They stay unknown and nobody is asked again."))  # fmt: skip
    with st.expander(_("The ledger: where every message is"), icon=":material/balance:"):
        _ledger(ledger)
        if not ledger.balances:
            frame.tell(_("The ledger does not add up. Run: python -m nextpod_core rebuild"), "error")


def _ledger(ledger: Ledger) -> None:
    """Every line of the ledger; choosing one opens its rows."""
    lines = [
        ("", _("Planned"), ledger.planned),
        ("queued", "= " + _("queued"), ledger.queued),
        ("in_flight", "+ " + _("under way"), ledger.in_flight),
        ("skipped", "+ " + _("skipped (opted out meanwhile)"), ledger.skipped),
        ("cancelled", "+ " + _("cancelled"), ledger.cancelled),
        ("refused", "+ " + _("refused by Nextpod"), ledger.refused),
        ("unknown", "+ " + _("unknown (may have been sent)"), ledger.unknown),
        ("accepted", "+ " + _("accepted by Nextpod"), ledger.accepted),
        ("delivered", "\u2003= " + _("delivered"), ledger.delivered),
        ("negative", "\u2003+ " + _("failed, expired or rejected"), ledger.negative),
        ("open", "\u2003+ " + _("open"), ledger.open),
    ]
    chosen = tables.pick_one(
        [{"group": group, "told": told, "messages": messages} for group, told, messages in lines],
        [Column("told", _("Where"), width=290), Column("messages", _("Messages"), "number", width=110)],
        key="campaign_ledger", shown=len(lines), alt=_("The ledger"),
    )  # fmt: skip
    st.caption(_("Choose a line for its messages; they stand below."))
    # The choice stays where it is while the page goes on living, and must not take the list back every two seconds.
    group = chosen["group"] if chosen else None
    if group != st.session_state.get("campaign_ledger_opened"):
        st.session_state["campaign_ledger_opened"] = group
        if group is not None:
            st.session_state["campaign_group"] = group or None
            st.session_state["campaign_tab"] = _("Who got it")
            st.query_params.pop("campaign_from", None)
            st.rerun()


def _chart(db: Connection, row: Row) -> None:
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for cell in history.by_minute(db, row["id"]):
        found[cell["minute"]][cell["status"]] = cell["messages"]
    if not found:
        st.caption(_("The chart begins with the first message that leaves."))
        return
    last, later = _until(found)
    minutes = _minutes(min(found), last)
    names = [status for status in OUTCOMES if any(status in cells for cells in found.values())]
    left = [sum(found.get(at, {}).get("left", 0) for at in span) for span in minutes]
    series = {_("left us"): left} if not names else {
        status_label(status): [sum(found.get(at, {}).get(status, 0) for at in span) for span in minutes]
        for status in names
    }  # fmt: skip
    colours = {status_label(status): charts.palette().status[status] for status in names}
    labels = [frame.when(span[0], "time") for span in minutes]
    charts.draw(
        charts.columns(labels, series, colours),
        key="campaign_chart",
        height=240,
        says=_("What became of the messages, by the minute in which it happened.")
        + (" " + n_("{count} more came after that.", "{count} more came after that.", later) if later else ""),
        rows=[{_("Time"): label} | {name: values[place] for name, values in series.items()}
              for place, label in enumerate(labels)],
    )  # fmt: skip


def _until(found: dict[int, dict[str, int]]) -> tuple[int, int]:
    """The minute by which 95 in 100 outcomes had come, and how many came later: a long tail would flatten the rest."""
    per_minute = {at: sum(n for status, n in cells.items() if status != "left") for at, cells in found.items()}
    total, so_far = sum(per_minute.values()), 0
    for at in sorted(per_minute):
        so_far += per_minute[at]
        if so_far >= total * 0.95 and at - min(found) >= 10 * 60_000:
            return at, total - so_far
    return max(found), 0


def _minutes(first: int, last: int, most: int = 120) -> list[range]:
    """Spans of whole minutes from first to last, as many to a span as keeps the chart readable."""
    total = (last - first) // 60_000 + 1
    step = max(1, -(-total // most)) * 60_000
    return [range(at, at + step, 60_000) for at in range(first, last + 60_000, step)]


def _recipients(db: Connection, campaign_id: int) -> None:
    called = {
        "delivered": _("Delivered"), "negative": _("Not delivered"), "open": _("Open"), "unknown": _("Unknown"),
        "waiting": _("Not left yet"), "left_out": _("Left out"),
    }  # fmt: skip
    called |= {
        "queued": _("Queued"), "in_flight": _("Under way"), "skipped": _("Skipped"), "cancelled": _("Cancelled"),
        "refused": _("Refused"), "accepted": _("Accepted"),
    }  # fmt: skip
    asked = st.session_state.get("campaign_group") or st.query_params.get("campaign_group")
    group = st.pills(
        _("Only"), [*GROUPS, *([asked] if asked in LINES else [])], format_func=called.__getitem__,
        key="campaign_group", bind="query-params",
        label_visibility="collapsed", on_change=tables.first_page, args=("campaign_from",),
    )  # fmt: skip
    statuses = (GROUPS | LINES).get(group or "", ())
    after = tables.cursor("campaign_from") or 0
    rows = campaigns.messages(db, campaign_id, statuses=statuses, after=after, limit=tables.PAGE + 1)
    columns = [
        Column("msisdn", _("Mobile number"), "msisdn", width=140),
        Column("status", _("Status"), "badge", labels=status_label, colours=charts.STATUS_BADGE, width=130),
        Column("status_at", _("Since"), "when", zone=frame.zone(), style="second", width=170),
        Column("parts", _("SMS parts"), "number", width=90),
        Column("text", _("Text"), width=330),
        Column("row", _("Row"), "number", width=70, help=_("The row in the list that was uploaded.")),
    ]
    chosen = tables.pick_one(rows[: tables.PAGE], columns, key="campaign_messages", shown=15, alt=_("Recipients"))
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


def _download(db: Connection, campaign_id: int, statuses: tuple[str, ...], columns: list[Column],
              write: downloads.Write) -> bytes:  # fmt: skip
    def every() -> Iterator[Row]:
        after = 0
        while page := campaigns.messages(db, campaign_id, statuses=statuses, after=after, limit=5000):
            yield from page
            after = page[-1]["id"]

    return write(every(), columns)


def _review(row: Row) -> None:
    found = review.of_campaign(row)
    st.text(row["text"])
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
            [Column("msisdn", _("Mobile number"), "msisdn", width=140), Column("text", _("Text"), width="large"),
             Column("parts", _("SMS parts"), "number", width=90)],
            key="campaign_samples",
        )  # fmt: skip


def _events(db: Connection, campaign_id: int) -> None:
    rows = [
        dict(row) | {"told": json.dumps(json.loads(row["detail"]), ensure_ascii=False) if row["detail"] != "{}" else ""}
        for row in people.recent(db, subject="campaign", subject_id=str(campaign_id))
    ]
    tables.table(
        rows,
        [
            Column("at", _("When"), "when", zone=frame.zone(), style="second", width=170),
            Column("actor", _("Who"), width=140),
            Column("action", _("What"), width=180),
            Column("told", _("Details"), width="large"),
        ],
        key="campaign_events",
    )


def _left_out(reason: str) -> str:
    called = {
        "suppressed": _("on the suppression list"), "duplicate": _("doubled"), "invalid": _("not a number"),
        "missing": _("without a number"), "not_mobile": _("not mobile"), "doubtful": _("doubtful"),
        "empty": _("with an empty field"), "too_long": _("too long"), "no_text": _("without a text"),
    }  # fmt: skip
    return called.get(reason, reason)
