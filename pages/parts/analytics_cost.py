"""The tab "Cost": parts and price by time, country and campaign, what UCS-2 cost, and a statement by month."""

import datetime
from typing import Any

import streamlit as st

from nextpod_core import choices, costs, periods
from nextpod_core.costs import Cost
from pages.parts import analytics_behind, charts, frame, tables, words
from pages.parts.analytics_charts import bucket_label, download, figure, grain_name
from pages.parts.analytics_filters import View
from pages.parts.analytics_network import country_label
from pages.parts.tables import Column
from pages.parts.words import _, money, n_, number, percent

CAMPAIGNS_SHOWN = 40


def draw(view: View) -> None:
    """All of the tab."""
    found = costs.costs(view.db, view.asked, view.options, by="bucket")
    whole = costs.whole(found)
    _cards(view, whole)
    if not whole.messages:
        st.caption(_("No message was accepted within this period, so nothing was spent."))
        return
    if whole.unpriced:
        st.info(
            n_("{count} part has no price.", "{count} parts have no price.", whole.unpriced)
            + " " + _("Set the price of an SMS part on the settings page, and money is reckoned here."),
            icon=":material/info:",
        )  # fmt: skip
        frame.link("settings", label=_("Set the price"), icon=":material/payments:", query_params={"tab": "1"})
    if whole.price:
        left, right = st.columns(2)
        with left:
            _price(view, found, whole)
        with right:
            _over_time(view, found, whole)
    else:
        _over_time(view, found, whole)
    _campaigns(view)
    _countries(view)
    _statement(view)


def _cards(view: View, whole: Cost) -> None:
    currency = view.options.currency
    priced = whole.messages > 0 and not whole.unpriced
    with st.container(key="analytics_cost_cards"), st.grid(4, min_column_width=200):
        st.metric(
            _("Price"), money(whole.price, currency, short=True) if whole.price or priced else "–", border=True,
            height="stretch",
            help=_("Every accepted message at the team's price per SMS part. Whether messages that were not delivered "
                   "are charged is a matter of your agreement with Nextpod."),
            delta=n_("{count} SMS part", "{count} SMS parts", whole.parts), delta_color="green", delta_arrow="off",
        )  # fmt: skip
        st.metric(
            _("Per delivered message"), money(whole.per_delivered, currency), border=True, height="stretch",
            delta=n_("{count} delivered", "{count} delivered", whole.delivered), delta_color="green",
            delta_arrow="off",
        )  # fmt: skip
        st.metric(
            _("Per answered message"), money(whole.per_answered, currency), border=True, height="stretch",
            delta=n_("{count} answered", "{count} answered", whole.answered), delta_color="green", delta_arrow="off",
            help=_("The price of all, per message that the person has answered by now."),
        )  # fmt: skip
        st.metric(
            _("What UCS-2 cost"), money(whole.saved_price, currency, short=True) if priced else number(whole.saved),
            border=True, height="stretch",
            delta=n_("{count} SMS part at least", "{count} SMS parts at least", whole.saved),
            delta_color="green", delta_arrow="off",
            help=_("Parts that texts with characters outside GSM-7 took beyond what the same length in GSM-7 would "
                   "have taken, at the least. The check page of a campaign names the characters."),
        )  # fmt: skip

    if whole.answered:
        st.button(_("Show the answered messages"), key="analytics_cost_answered", type="tertiary",
                  icon=":material/list:", on_click=analytics_behind.show, args=("answered",))  # fmt: skip


def _over_time(view: View, found: dict[Any, Cost], whole: Cost) -> None:
    starts, grain = view.asked.period.buckets(), view.asked.period.grain
    empty = Cost()
    cells = [found.get(start, empty) for start in starts]
    look = charts.palette()
    gsm7, ucs2 = _("GSM-7"), _("UCS-2")
    option = charts.columns(
        [bucket_label(start, view.zone, grain) for start in starts],
        {gsm7: [one.gsm7 for one in cells], ucs2: [one.ucs2 for one in cells]},
        {gsm7: look.accent, ucs2: look.series[2]},
    )
    says = _(
        "SMS parts of the messages accepted, by alphabet: {parts} in all, of which {ucs2} are UCS-2, which holds 70 "
        "characters where GSM-7 holds 160.",
        parts=number(whole.parts), ucs2=percent(whole.ucs2 / whole.parts),
    ) + " " + _("Click a bar for its messages.")  # fmt: skip
    style: words.Style = "short" if grain == "hour" else "date"

    def rows() -> list[dict[str, Any]]:
        return [{"when": words.when(start, view.zone, style), **_cells(one)}
                for start, one in zip(starts, cells, strict=True)]  # fmt: skip

    figure(
        _("SMS parts {grain}", grain=grain_name(grain)), charts.clickable(option, _spent(cells)), key="analytics_parts",
        says=says,
        height=260, rows=rows, columns=lambda: [Column("when", _("From")), *_columns(view)],
        on_click=lambda _series, place: analytics_behind.clicked_time(view, "accepted", starts[place]),
    )  # fmt: skip


def _price(view: View, found: dict[Any, Cost], whole: Cost) -> None:
    starts, grain = view.asked.period.buckets(), view.asked.period.grain
    cells = [found.get(start, Cost()) for start in starts]
    look = charts.palette()
    extra, rest = _("What UCS-2 cost"), _("The rest of the price")
    option = charts.columns(
        [bucket_label(start, view.zone, grain) for start in starts],
        {rest: [round(one.price - one.saved_price, 2) for one in cells],
         extra: [round(one.saved_price, 2) for one in cells]},
        {rest: look.accent, extra: look.series[2]},
    )  # fmt: skip
    currency = view.options.currency
    says = _(
        "The messages accepted cost {price} for {parts} SMS parts. Of it {saved} is what UCS-2 cost, at the least: the "
        "same texts in GSM-7 characters would have been so much cheaper.",
        price=money(whole.price, currency), parts=number(whole.parts), saved=money(whole.saved_price, currency),
    )  # fmt: skip
    if whole.unpriced:
        says += " " + _("Parts without a price are left out.")
    says += " " + _("Click a bar for its messages.")
    style: words.Style = "short" if grain == "hour" else "date"

    def rows() -> list[dict[str, Any]]:
        return [{"when": words.when(start, view.zone, style), **_cells(one)}
                for start, one in zip(starts, cells, strict=True)]  # fmt: skip

    figure(
        _("Price {grain}, {currency}", grain=grain_name(grain), currency=currency),
        charts.clickable(option, _spent(cells)),
        key="analytics_price", says=says, height=260, rows=rows,
        columns=lambda: [Column("when", _("From")),
                         *_columns(view, "parts", "price", "saved_price", "per_delivered", "per_answered")],
        on_click=lambda _series, place: analytics_behind.clicked_time(view, "accepted", starts[place]),
    )  # fmt: skip


def _spent(cells: list[Cost]) -> list[str | None]:
    return ["" if one.messages else None for one in cells]


def _cells(one: Cost) -> dict[str, Any]:
    return {"messages": one.messages, "parts": one.parts, "gsm7": one.gsm7, "ucs2": one.ucs2, "saved": one.saved,
            "saved_price": None if one.unpriced else one.saved_price,
            "price": None if one.unpriced else one.price, "per_delivered": one.per_delivered,
            "answered": one.answered, "per_answered": one.per_answered}  # fmt: skip


def _columns(view: View, *names: str) -> list[Column]:
    currency = view.options.currency
    found = {
        "messages": Column("messages", _("Messages"), "number", width=76),
        "parts": Column("parts", _("SMS parts"), "number", width=76),
        "ucs2": Column("ucs2", _("In UCS-2"), "number", width=65),
        "saved_price": Column("saved_price", _("What UCS-2 cost"), "money", currency=currency, width=112,
                              help=_("How much cheaper the same texts would have been in GSM-7, at the least")),
        "price": Column("price", _("Price"), "money", currency=currency, width=100),
        "per_delivered": Column("per_delivered", _("Per delivered"), "money", currency=currency, width=92),
        "per_answered": Column("per_answered", _("Per answered"), "money", currency=currency, width=92,
                               help=_("The price, per message that the person has answered by now")),
    }  # fmt: skip
    return [found[name] for name in names or
            ("messages", "parts", "ucs2", "price", "per_delivered", "per_answered", "saved_price")]  # fmt: skip


def _card(title: str, rows: list[dict[str, Any]], columns: list[Column], *, key: str, says: str) -> Any:
    """A table in its card, with its files; the row that was chosen."""
    with st.container(border=True, key=f"{key}_card", height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(title, anchor=False, width="content")
            download(rows, columns, key=key)
        st.caption(says)
        return tables.pick_one(rows, columns, key=key, shown=8, alt=title, once=True)


def _countries(view: View) -> None:
    found = costs.costs(view.db, view.asked, view.options, by="country")
    rows = [{"iso": iso, "country": country_label(iso), **_cells(one)}
            for iso, one in sorted(found.items(), key=lambda pair: -pair[1].parts)]  # fmt: skip
    says = _("The country of the network in the delivery report; without a report: priced as your own country.")
    columns = [
        Column("country", _("Country"), width=130),
        *_columns(view),
    ]
    chosen = _card(_("By country"), rows, columns, key="analytics_cost_country", says=says)
    if chosen and chosen["iso"]:
        analytics_behind.show("accepted", filters={"country": chosen["iso"]})
        st.rerun()


def _campaigns(view: View) -> None:
    found = costs.by_campaign(view.db, view.asked, view.options, limit=CAMPAIGNS_SHOWN)
    names = choices.campaigns(view.db, also=found, limit=0)
    kinds = choices.kinds(view.db, found)
    rows = [{"id": ident, "campaign": words.campaign_name(kinds.get(ident, ""), names.get(ident, str(ident))),
             "kind": kinds.get(ident), **_cells(one)} for ident, one in found.items()]  # fmt: skip
    says = n_("The {count} newest campaign with messages in the period.",
              "The {count} newest campaigns with messages in the period.", len(rows))  # fmt: skip
    columns = [
        Column("campaign", _("Campaign"), width=215),
        *_columns(view, "parts", "ucs2", "price", "per_delivered", "per_answered", "saved_price"),
    ]
    chosen = _card(_("By campaign"), rows, columns, key="analytics_cost_campaign", says=says)
    if chosen and chosen["kind"] == "campaign":
        st.switch_page(frame.page_path("campaigns"), query_params={"campaign": str(chosen["id"])})
    elif chosen:  # What stands for good has no page: its messages are the list.
        analytics_behind.show("accepted", filters={"campaign": str(chosen["id"])})
        st.rerun()


def _statement(view: View) -> None:
    found = costs.statement(view.db, view.asked, view.options)
    rows = [{"first": month, "month": month.strftime("%Y-%m"), "sender": sender, **_cells(one)}
            for (month, sender), one in sorted(found.items(), reverse=True)]  # fmt: skip
    says = _("Accepted messages by calendar month and sender within the period, to hold against Nextpod's invoice.")
    chosen = _card(
        _("Statement"), rows,
        [Column("month", _("Month"), width=72), Column("sender", _("Sender"), width=90), *_columns(view)],
        key="analytics_statement", says=says,
    )  # fmt: skip
    if chosen:
        period = view.asked.period
        after = periods.cut(chosen["first"] + datetime.timedelta(days=31), "month")
        first, last = max(chosen["first"], period.first), min(after - datetime.timedelta(days=1), period.last)
        wanted = {"period": "own", "from": first.isoformat(), "to": last.isoformat(), "sender": chosen["sender"]}
        analytics_behind.show("accepted", filters=wanted)
        st.rerun()
