"""How long things are kept; and what one person may ask for: all that is held of them, or that it is erased."""

import streamlit as st

from nextpod_core import erasure, msisdn, personal, remains, retention, work
from nextpod_core.db import Connection
from nextpod_core.errors import BadInput
from nextpod_core.options import LONGEST_KEPT, LONGEST_UPLOADS, SHORTEST_KEPT, Options
from nextpod_core.sentences import say
from pages.parts import frame, later, person, tables, words
from pages.parts.settings_form import follow, save
from pages.parts.tables import Column
from pages.parts.words import _, n_, tr

WIDTH = 340


def draw(set_up: Options) -> None:
    """The ages, then one person; below, the erasures so far."""
    _draw_ages(set_up)
    st.divider()
    _draw_person()


def download(db: Connection, number: str, *, key: str) -> None:
    """A button that gives everything about one person as a file, for those who may take it."""
    if frame.may("person.export"):
        st.download_button(
            _("All about this person, as a file"), key=key, icon=":material/download:", mime="application/zip",
            data=later.file(lambda own: personal.export(own, number, by=frame.user(), now=frame.now()), what="person"),
            file_name="person.zip", on_click="ignore",
            help=_("JSON, and a CSV of each kind, to be handed to the person. That it was taken stands in the log."),
        )  # fmt: skip


def go_and_erase(number: str) -> None:
    """Lead to where this person can be erased, from their conversation."""
    st.session_state["settings_person"] = f"+{number}" if number.isdigit() else number
    st.session_state.pop("settings_tab", None)
    st.switch_page(frame.page_path("settings"), query_params={"tab": "6"})


def _draw_ages(set_up: Options) -> None:
    fields = {
        "keep_numbers_days": (_("Numbers and texts of what was sent (days)"),
                              _("Counted from the end of the campaign. What is not settled waits.")),
        "keep_inbound_days": (_("What people wrote (days)"), _("Not while somebody waits for an answer.")),
        "keep_bodies_days": (_("What came over the wire, as it came (days)"), None),
        "keep_uploads_days": (_("Uploaded lists (days)"), _("Not while a campaign made from one has not ended.")),
    }  # fmt: skip
    with st.form("settings_ages", border=False):
        st.header(_("How long things are kept"))
        st.caption(
            _(
                "What is older goes by itself, in small steps. Figures and charts stay as they are, since counts, "
                "statuses, operators and times stay; opt-outs go on holding, as keyed hashes. Empty is for ever."
            )
        )
        given = {}
        with st.container(horizontal=True, key="settings_ages_row"):
            for name, (label, told) in fields.items():
                given[name] = st.number_input(
                    label, key=follow(f"settings_{name}", getattr(set_up, name)), value=None,
                    min_value=SHORTEST_KEPT[name],
                    max_value=LONGEST_UPLOADS if name == "keep_uploads_days" else LONGEST_KEPT, step=1, width=WIDTH,
                    help=told, placeholder=_("For ever"),
                )  # fmt: skip
        pressed = st.form_submit_button(_("Save"), type="primary", key="settings_ages_save")
    if pressed:
        save(**given)
    db = frame.run_db()
    if held := retention.held_back(db):
        st.caption(
            n_("{count} row is old enough, and waits for somebody to settle or answer it.",
               "{count} rows are old enough, and wait for somebody to settle or answer them.", held)
        )  # fmt: skip
    if days := retention.taken(db):
        with st.expander(_("What went by itself lately")):
            tables.table(
                [{"day": row["day"], "kind": _kind(row["kind"]), "rows": row["rows"]} for row in days],
                [Column("day", _("Day"), width=130), Column("kind", _("What"), width=360),
                 Column("rows", _("Rows"), "number", width=110)],
                key="settings_taken", shown=10, alt=_("What went by itself lately"),
            )  # fmt: skip


def _draw_person() -> None:
    db = frame.run_db()
    st.header(_("One person"))
    st.caption(_("Who asks what you hold of them gets a file; who asks to be erased is erased everywhere."))
    typed = (st.text_input(_("Number"), key="settings_person", width=WIDTH, placeholder="917 26 200") or "").strip()
    if typed:
        read = msisdn.read(typed, region=frame.team_options().region)
        number = read.msisdn or read.candidate or typed[:64]
        _draw_found(db, number)
    if told := st.session_state.get("settings_erased"):
        with st.container(border=True, key="settings_erased_told"):
            for line in told:
                st.markdown(line)
            st.button(_("I have read it"), key="settings_erased_read", on_click=_forget_told)
    _draw_erasures(db)


def _draw_found(db: Connection, number: str) -> None:
    held = {_kind(kind): count for kind, count in personal.held(db, number).items() if count}
    with st.container(border=True, key="settings_person_found"):
        if held:
            told = " · ".join(f"{kind}: {words.number(count)}" for kind, count in held.items())
            st.markdown(f"**{person.label(person.show_number(number))}** — {told}")
        else:
            st.markdown(_("Nothing stands under this number. Lists and what was not understood are looked through too "
                          "when a file is made."))  # fmt: skip
        download(db, number, key="settings_person_file")
        st.toggle(_("Nothing is ever to be sent to this number again (kept as a keyed hash)"),
                  key="settings_person_stop", value=True)  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", key="settings_person_erase_row"):
            st.text_input(_("Type the number once more"), key="settings_person_again", width=WIDTH)
            st.button(_("Erase for good"), key="settings_person_erase", type="primary", on_click=_erase,
                      args=(number,), icon=":material/delete_forever:")  # fmt: skip
        st.caption(_("What is queued to this person is cancelled. It can't be undone."))


def _erase(number: str) -> None:
    db, given = frame.run_db(), frame.the_settings()
    with frame.telling_later():
        again = "".join(filter(str.isalnum, st.session_state.get("settings_person_again") or ""))
        typed = "".join(filter(str.isalnum, st.session_state.get("settings_person") or ""))
        if again not in (number, typed) or not again:
            raise BadInput("That is another number. Nothing was erased.")
        copies, own = remains.copies(given, number), remains.own_words(db, number)
        wish = erasure.ask(db, number, by=frame.user(), now=frame.now(),
                           stop=bool(st.session_state.get("settings_person_stop")))  # fmt: skip
        work.start(given, "erase", wish)  # Should it end early, the dispatcher goes on with it.
        st.session_state["settings_person"] = st.session_state["settings_person_again"] = ""
        st.session_state["settings_erased"] = [
            _("Everything about this person is being erased; how far it is stands below."),
            *(_("- Still in the backup {path}, until that is deleted.", path=f"`{copy.path.name}`")
              for copy in copies if copy.holds),
            *(_("- May be in {path}, which is encrypted or can't be read.", path=f"`{copy.path.name}`")
              for copy in copies if copy.holds is None),
            *(_("- The number stands in your own words, and was left there: {where}",
                where=person.label(f"{kind} {name}")) for kind, name in own),
        ]  # fmt: skip
        frame.tell_later(say("The wish is written down."))


def _forget_told() -> None:
    st.session_state.pop("settings_erased", None)


def _draw_erasures(db: Connection) -> None:
    wishes = erasure.recent(db)
    if not wishes:
        return
    st.caption(_("Erasures so far; a restored backup erases these people again"))
    tables.table(
        [
            {
                "at": one.at, "by": one.asked_by, "who": one.person.hex()[:16],
                "state": tr(one.waits) if one.waits else _("done {time}", time=frame.when(one.done_at))
                if one.done_at else _("under way"),
                "found": " · ".join(f"{_kind(kind)}: {words.number(rows)}" for kind, rows in sorted(one.found.items())),
            }
            for one in wishes
        ],
        [
            Column("at", _("Asked"), "when", zone=frame.zone(), width=150), Column("by", _("By"), width=170),
            Column("who", _("Who, as a hash"), width=150), Column("state", _("State"), width=210),
            Column("found", _("Emptied"), width=420),
        ],
        key="settings_erasures", shown=8, alt=_("Erasures so far"),
    )  # fmt: skip


def _kind(kind: str) -> str:
    """What a kind of row is called, in the export and in what was taken away."""
    return {
        "messages": _("messages"), "texts": _("texts"), "reports": _("delivery reports"), "bodies": _("raw bodies"),
        "inbound": _("messages from them"), "received": _("messages from them"),
        "inbound_texts": _("texts that people wrote"), "inbound_numbers": _("numbers of those who wrote"),
        "notes": _("notes"), "labels": _("labels"), "conversations": _("conversations"),
        "conversation": _("conversations"), "suppressions": _("opt-outs"),
        "suppressed_by_hash": _("opt-outs, as hashes"),
        "rule_hits": _("what rules did"), "rules": _("what rules did"), "quarantine": _("not understood"),
        "uploads": _("uploaded files"), "lists": _("rows of lists"), "audiences": _("audiences"),
        "audience_people": _("audiences"), "attempts": _("requests"), "message_ids": _("message ids"),
        "forwarded": _("forwarded"), "forwards": _("forwarded"), "consent": _("consent"), "erasures": _("erasures"),
    }.get(kind, kind)  # fmt: skip
