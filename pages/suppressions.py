"""Who must not be sent to, why, since when and by which message; add, import, lift, export."""

from collections.abc import Iterator

import streamlit as st

from nextpod_core import consent, suppressions
from nextpod_core import msisdn as numbers
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput
from nextpod_core.sentences import say, say_count
from pages.parts import downloads, frame, importing, person, tables, veil, words
from pages.parts.words import _, n_

db = frame.open_page("pages/suppressions.py")
REASONS: tuple[suppressions.Reason, ...] = ("stop", "prefix", "hand", "import")
COLOURS = {"stop": "red", "prefix": "orange", "hand": "blue", "import": "violet"}


def choose(name: str, key: str) -> None:
    """A filter was changed: it stands in the address, and the list begins anew."""
    value = st.session_state[key]
    if name == "number":
        veil.put(name, value)
    elif value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
    tables.first_page("suppressions")


def add() -> None:
    """One number by hand, in any writing."""
    with frame.telling_later():
        found = numbers.read(st.session_state["suppressions_number"], region=frame.team_options().region)
        msisdn = found.msisdn or found.candidate
        if msisdn is None:
            raise BadInput(found.reason or say("Write the number that must not be sent to."))
        with transaction(db):
            new = suppressions.add(
                db, msisdn=msisdn, reason="hand", by=frame.user(), now=frame.now(),
                note=st.session_state["suppressions_note"].strip()[:500],
            )  # fmt: skip
        if new is None:
            frame.tell_later(say("+{number} is on the list already.", number=msisdn), "info")
        else:
            frame.tell_later(say("Nothing is sent to +{number} from now on.", number=msisdn))
        st.session_state["suppressions_number"] = st.session_state["suppressions_note"] = ""


def lift(msisdn: str) -> None:
    """Off the list, with the reason that a colleague or the authorities will ask for."""
    with frame.telling_later(), transaction(db):
        reason = st.session_state.get(f"suppressions_why_{msisdn}") or ""
        suppressions.lift(db, msisdn=msisdn, by=frame.user(), now=frame.now(), reason=reason)
        frame.tell_later(say("The number may be sent to again."))


def import_list() -> None:
    """A pasted list or a file: what is a number goes on the list, what isn't is told with its line."""
    state = st.session_state
    with frame.telling_later():
        found = importing.numbers_in(
            state.get("suppressions_file"), state.get("suppressions_paste") or "", frame.team_options().region
        )
        source = (state.get("suppressions_source") or "").strip()[:200]
        if not source:
            raise BadInput("Write where this list comes from.")
        day = state["suppressions_day"]
        note = f"{source} ({day.isoformat()})"
        if not found.msisdns:
            raise BadInput("There is no number in this list that can be read.")
        new, known = suppressions.add_many(db, found.msisdns, by=frame.user(), now=frame.now(), note=note)
        frame.tell_later(say_count("{count} number was put on the list.", "{count} numbers were put on the list.", new))
        if known:
            frame.tell_later(
                say_count("{count} was on it already.", "{count} were on it already.", known), "info"
            )  # fmt: skip
        state["suppressions_unread"] = found.refused
        state["suppressions_paste"] = ""


def check_ledger() -> None:
    """Walk the ledger of consent, and say whether it is whole."""
    with frame.telling_later():
        found = consent.verify(frame.run_db())
        if found.is_whole:
            frame.tell_later(
                say_count(
                    "The ledger is whole: {count} row, as it was written.",
                    "The ledger is whole: {count} rows, as they were written.",
                    found.entries,
                )
            )
        elif found.broken_at is not None:
            frame.tell_later(
                say("Row {id} of the ledger is not as it was written. Compare with a backup.", id=found.broken_at),
                "error",
            )
        else:
            frame.tell_later(
                say_count(
                    "{count} row of the list is told otherwise in the ledger, or not at all. Compare with a backup.",
                    "{count} rows of the list are told otherwise in the ledger, or not at all. Compare with a backup.",
                    found.unwritten,
                ),
                "error",
            )


def everything(
    own: Connection, search: str, reason: suppressions.Reason | None, mask: bool
) -> Iterator[dict[str, object]]:
    """Every row that fits, newest first, a thousand at a time."""
    before = None
    while rows := suppressions.page(own, before=before, search=search, reason=reason, limit=1000):
        for row in rows:  # The file is evidence: the message stands in it as it was written.
            yield as_shown(row, mask) | {"text": row["inbound_text"] or "", "note": row["note"] or ""}
        before = rows[-1]["id"]


def as_shown(row: Row, mask: bool) -> dict[str, object]:
    """A row of the list and of the file: the number whole or masked, the message that caused it on one line."""
    shown = numbers.masked(row["msisdn"]) if mask else person.show_number(row["msisdn"])
    return {
        "id": row["id"],
        "msisdn": row["msisdn"],
        "number": shown,
        "reason": row["reason"],
        "at": row["added_at"],
        "text": person.cell(row["inbound_text"] or ""),
        "note": person.cell(row["note"] or ""),
        "by": row["added_by"],
    }


asked = st.query_params
search = numbers.search_digits(veil.asked("number"))
reason = next((one for one in REASONS if one == asked.get("why")), None)
total = suppressions.count(db)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="suppr_head"):
    st.title(_("Suppressions"), width="content")
    with st.container(horizontal=True, width="content", key="suppr_actions"):
        with st.popover(_("Add a number"), icon=":material/add:", key="suppr_add"):
            st.text_input(_("Number, in any writing"), key="suppressions_number", placeholder="+47 917 26 200")
            st.text_input(_("Why"), key="suppressions_note", placeholder=_("Asked for by phone"))
            st.button(_("Never send to it"), type="primary", key="suppressions_add", on_click=add)
        if frame.may("suppression.import"):
            with st.popover(_("Import a list"), icon=":material/upload:", key="suppr_import"):
                importing.draw(import_list)
st.caption(
    _(
        "Nothing is sent to these numbers, whoever asks for it. They are left out when a list is checked, "
        "and again just before sending."
    )
)
if refused := st.session_state.pop("suppressions_unread", None):
    with st.expander(
        n_("{count} line was no number", "{count} lines were no numbers", len(refused)), expanded=True,
        icon=":material/warning:",
    ):  # fmt: skip
        for line, why in refused[: importing.TOLD]:
            st.text(_("Line {line}: {why}", line=line, why=words.tr(why)))

if not total:
    st.info(
        _(
            "Nobody has opted out yet. Who answers STOPP is put here by itself. If you have a list of people who opted "
            "out elsewhere, import it before the first campaign."
        ),
        icon=":material/block:",
    )
    frame.stop()

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="suppr_filters"):
    if "suppressions_search" not in st.session_state:
        st.session_state["suppressions_search"] = veil.asked("number")
    st.text_input(
        _("Search"), key="suppressions_search", type="search", live=True, icon=":material/search:", width=260,
        placeholder=_("Any part of a number"), label_visibility="collapsed", on_change=choose,
        args=("number", "suppressions_search"),
    )  # fmt: skip
    st.session_state["suppressions_reason"] = reason
    st.pills(
        _("Why"), REASONS, format_func=person.reason_label, key="suppressions_reason", label_visibility="collapsed",
        on_change=choose, args=("why", "suppressions_reason"),
    )  # fmt: skip
    mask = st.toggle(_("Mask numbers"), key="suppressions_mask", bind="query-params")

rows = suppressions.page(db, before=tables.cursor("suppressions"), search=search, reason=reason, limit=tables.PAGE + 1)
shown = [as_shown(row, mask) for row in rows[: tables.PAGE]]
columns = [
    tables.Column("number", _("Number"), width=125),
    tables.Column("reason", _("Why"), "badge", width=150, labels=person.reason_label, colours=COLOURS),
    tables.Column("at", _("Since"), "when", width=150, zone=frame.zone()),
    tables.Column("text", _("Their message"), width=290),
    tables.Column("note", _("Note"), width=150),
    tables.Column("by", _("By"), width=110),
]
if not shown:
    st.info(_("No number on the list fits."), icon=":material/filter_alt_off:")
    frame.stop()

if not mask:
    frame.note_shown("suppressions", len(shown))
chosen = tables.pick_one(shown, columns, key="suppressions", shown=20, alt=_("Numbers that are not sent to"))
tables.pager("suppressions", last=shown[-1]["id"], has_more=len(rows) > tables.PAGE)
with st.container(horizontal=True, vertical_alignment="center", key="suppr_foot"):
    downloads.buttons(
        lambda own, write: write(
            everything(own, search, reason, mask),
            columns if mask else [tables.Column("msisdn", _("Number"), "msisdn"), *columns[1:]],
        ),
        name="suppressions", key="suppressions",
    )  # fmt: skip
    st.caption(
        n_("{count} number on the list", "{count} numbers on the list", total)
        + " · " + _("choose a row to see its history, or to lift it")
    )  # fmt: skip
    st.button(
        _("Check the ledger"), key="suppressions_ledger", icon=":material/verified_user:", type="tertiary",
        on_click=check_ledger,
        help=_("Every opt-out and opt-in is written into a chained ledger. This compares it with the list."),
    )  # fmt: skip

if chosen is not None:
    msisdn = str(chosen["msisdn"])
    with st.container(border=True, key="suppr_one"):
        st.header(person.label(str(chosen["number"])), anchor=False)
        for row in suppressions.history(db, msisdn):
            told = _("{when}: {why}", when=frame.when(row["added_at"]), why=person.reason_label(row["reason"]))
            st.text(" · ".join(filter(None, (told, person.one_line(row["inbound_text"] or ""),
                                             person.one_line(row["note"]), row["added_by"]))))  # fmt: skip
            if row["lifted_at"] is not None:
                told = _("{when}: lifted by {who}", when=frame.when(row["lifted_at"]), who=row["lifted_by"])
                st.text(f"↳ {told} · {person.one_line(row['lift_reason'] or '')}")
        with st.container(horizontal=True, vertical_alignment="bottom", key="suppr_lift"):
            st.text_input(_("Why this number may be sent to again"), key=f"suppressions_why_{msisdn}", width=380)
            st.button(_("Lift the opt-out"), icon=":material/undo:", key="suppressions_lift", on_click=lift,
                      args=(msisdn,))  # fmt: skip
            frame.link("inbox", label=_("Conversation"), icon=":material/forum:",
                         query_params={"person": veil.over(msisdn), "state": "all"})  # fmt: skip
