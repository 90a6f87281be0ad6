"""One keyword rule being written: which messages, what is done with them, and what it would have done so far."""

import datetime
from typing import Any

import streamlit as st

from nextpod_core import audiences, automation, forwards, inbox_counts, rehearsal, rules, segments, senders
from nextpod_core.errors import BadInput
from nextpod_core.rehearsal import Rehearsal
from nextpod_core.rules import Rule
from nextpod_core.sentences import say
from pages.parts import frame, person, rule_words, tables, words
from pages.parts.words import _, n_, tr

NARROW, WIDE = 146, 320


def go(place: str | None) -> None:
    """To a rule by its id, to a new one, or back to the list."""
    st.session_state.pop("rule_tried", None)
    if place:
        st.query_params["rule"] = place
    else:
        st.query_params.pop("rule", None)


def draw(rule: Rule) -> None:
    """The form, beginning with what is kept."""
    with st.container(horizontal=True, vertical_alignment="center", key="rule_head"):
        st.button(_("All rules"), icon=":material/arrow_back:", key="rule_back", on_click=go, args=(None,))
        st.header(person.label(rule.name) if rule.id else _("New rule"), anchor=False)
    st.text_input(_("Name"), value=rule.name, key=_key(rule, "name"), max_chars=rules.LONGEST_NAME, width=WIDE,
                  placeholder=_("Opening hours"))  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("When a message comes in"), anchor=False)
        _which(rule)
    with right:
        st.subheader(_("Then"), anchor=False)
        _what(rule)
    try:
        wanted: Rule | None = _written(rule)
    except BadInput as error:
        frame.tell_error(error)
        wanted = None
    if wanted is not None:
        st.markdown(f"{rule_words.when(wanted)} {rule_words.then(frame.run_db(), wanted)}")
    with st.container(horizontal=True, vertical_alignment="center", key="rule_foot"):
        st.button(_("Try on past messages"), icon=":material/science:", key="rule_try", on_click=_try, args=(rule,),
                  help=_("Nothing is sent and nothing is changed."))  # fmt: skip
        st.button(_("Save"), type="primary", key="rule_save", on_click=_save, args=(rule, rule.active))
        if not rule.active:
            st.button(_("Save and switch on"), key="rule_save_on", on_click=_save, args=(rule, True))
        if rule.id:
            with st.popover(_("Take the rule away"), key="rule_drop_popover", type="tertiary"):
                st.write(_("What it did stays. It can't be brought back."))
                st.button(_("Take it away"), key="rule_drop", on_click=_drop, args=(rule.id,))
    tried = st.session_state.get("rule_tried")
    if tried is not None:
        if tried[0] != wanted:
            st.caption(_("The rule was changed after it was tried."))
        _draw_tried(tried[0], tried[1])
        if tried[1].has_more and tried[1].looked < rehearsal.FURTHEST:
            st.button(
                _("Look through {count} messages, which takes a while", count=words.number(rehearsal.FURTHEST)),
                key="rule_try_further", icon=":material/history:", type="tertiary", on_click=_try, args=(rule, True),
            )  # fmt: skip
    elif rule.id and rule.hits:
        _draw_hits(rule)


def _which(rule: Rule) -> None:
    db = frame.run_db()
    with st.container(horizontal=True, key="rule_words_row"):
        _choice(_("Written to"), inbox_counts.short_codes(db), rule, "short_code", _("Any number"))
        _choice(_("Keyword"), inbox_counts.keywords(db), rule, "keyword", _("Any"))
        _choice(_("Second keyword"), [], rule, "sub_keyword", _("Any"))
    ways = ["", *rule_words.WAYS]
    st.selectbox(_("Words"), ways, index=ways.index(rule.way or ""), key=_key(rule, "way"), width=WIDE,
                 format_func=lambda way: tr(rule_words.WAYS[way]) if way else _("Whatever the text is"))  # fmt: skip
    if st.session_state.get(_key(rule, "way"), rule.way):
        st.text_area(_("Any of these, one word or phrase to a line"), value=rule.words, key=_key(rule, "words"),
                     height=90, max_chars=rules.LONGEST_WORDS,
                     help=_("Capitals, accents and punctuation make no difference."))  # fmt: skip
    st.toggle(_("Only at a certain time of day"), value=rule.time_from is not None, key=_key(rule, "timed"))
    if st.session_state.get(_key(rule, "timed"), rule.time_from is not None):
        with st.container(horizontal=True, key="rule_time_row"):
            st.time_input(_("From"), value=_time(rule.time_from or "16:00"), key=_key(rule, "from"), step=900,
                          width=NARROW)  # fmt: skip
            st.time_input(_("Until"), value=_time(rule.time_to or "08:00"), key=_key(rule, "to"), step=900,
                          width=NARROW, help=_("May lie after midnight."))  # fmt: skip


def _what(rule: Rule) -> None:
    db = frame.run_db()
    answer = st.text_area(_("Answer with"), value=rule.answer, key=_key(rule, "answer"), height=90,
                          max_chars=rules.LONGEST_ANSWER, placeholder=_("No answer"),
                          help=_("{{{{name|there}}}} is filled from the person's last campaign list; after the line "
                                 "stands what is written where nothing is known."))  # fmt: skip
    if answer:
        st.caption(n_("{count} SMS part", "{count} SMS parts", segments.measure(segments.clean(answer).strip()).parts))
        with st.container(horizontal=True, vertical_alignment="bottom", key="rule_answer_row"):
            st.number_input(_("Once in (hours)"), value=rule.answer_hours, min_value=1,
                            max_value=rules.MOST_HOURS, key=_key(rule, "hours"), width=NARROW,
                            help=_("To each person; and at most {count} answers by rules in a day.",
                                   count=automation.MOST_ANSWERS))  # fmt: skip
            names = ["", *(one.name for one in senders.every(db))]
            names += [rule.sender] if rule.sender and rule.sender not in names else []
            st.selectbox(_("From"), names, index=names.index(rule.sender or ""), key=_key(rule, "sender"),
                         format_func=lambda name: name or _("The number they wrote to"), width=300)  # fmt: skip
    with st.container(horizontal=True, key="rule_label_row"):
        _choice(_("Label"), inbox_counts.labels(db), rule, "label", _("None"))
        st.text_input(_("Hand to"), value=rule.owner or "", key=_key(rule, "owner"), width=NARROW,
                      placeholder=_("Nobody"))  # fmt: skip
    with st.container(horizontal=True, key="rule_audience_row"):
        _choice(_("Put into"), _people_lists(), rule, "add_to", _("No audience"), width=222)
        _choice(_("Take out of"), _people_lists(), rule, "remove_from", _("No audience"), new=False, width=222)
    addresses = forwards.destinations(db)
    if addresses:
        with st.container(horizontal=True, key="rule_forward_row"):
            for kind, label in (("email", _("Forward by e-mail")), ("webhook", _("Forward to a webhook"))):
                known = {one.id: one.address for one in addresses if one.kind == kind}
                kept = getattr(rule, f"{kind}_id") or 0
                ids = [0, *known]
                st.selectbox(label, ids, index=ids.index(kept) if kept in ids else 0, key=_key(rule, kind), width=222,
                             format_func=lambda one, known=known: known.get(one, _("No")))  # fmt: skip
    opts = {"": _("No change"), "out": _("Opt the person out"), "in": _("Opt the person in again")}
    st.selectbox(_("Opting out"), list(opts), index=list(opts).index(rule.opts or ""), key=_key(rule, "opts"),
                 format_func=opts.__getitem__, width=WIDE)  # fmt: skip
    st.checkbox(_("Close it: nobody waits because of this message"), value=rule.closes, key=_key(rule, "closes"))
    st.checkbox(_("Ask no further rule"), value=rule.is_last, key=_key(rule, "last"))


def _choice(
    label: str, options: list[str], rule: Rule, name: str, placeholder: str, *, new: bool = True, width: int = NARROW
) -> None:
    kept = getattr(rule, name)
    if name in ("add_to", "remove_from"):
        kept = next((one.name for one in audiences.every(frame.run_db()) if one.id == kept), None)
    options = [*options, kept] if kept and kept not in options else options
    st.selectbox(label, options, index=options.index(kept) if kept else None, key=_key(rule, name), width=width,
                 placeholder=placeholder, accept_new_options=new)  # fmt: skip


def _people_lists() -> list[str]:
    return [one.name for one in audiences.every(frame.run_db(), question=audiences.Question.PEOPLE)]


def _written(rule: Rule) -> Rule:
    """The rule as the fields say it; an audience that is new stays out of it until it is saved."""
    get: Any = lambda name: st.session_state.get(_key(rule, name))  # noqa: E731
    timed = get("timed")
    ids = {one.name: one.id for one in audiences.every(frame.run_db())}
    return Rule(
        name=get("name") or "", short_code=get("short_code") or None, keyword=get("keyword") or None,
        sub_keyword=get("sub_keyword") or None, way=get("way") or None, words=get("words") or "",
        time_from=get("from").strftime("%H:%M") if timed and get("from") else None,
        time_to=get("to").strftime("%H:%M") if timed and get("to") else None,
        answer=get("answer") or "", answer_hours=int(get("hours") or rule.answer_hours), sender=get("sender") or None,
        label=get("label") or None, owner=get("owner") or None, closes=bool(get("closes")), opts=get("opts") or None,
        email_id=get("email") or None, webhook_id=get("webhook") or None, add_to=ids.get(get("add_to") or ""),
        remove_from=ids.get(get("remove_from") or ""), is_last=bool(get("last")), id=rule.id,
    )  # fmt: skip


def _save(rule: Rule, active: bool) -> None:
    db, by, now = frame.run_db(), frame.user(), frame.now()
    with frame.telling_later():
        new = st.session_state.get(_key(rule, "add_to"))
        if new and new not in [one.name for one in audiences.every(db)]:
            audiences.create(db, name=new, by=by, now=now)
        number = rules.save(db, _written(rule), by=by, now=now)
        if active != rule.active:
            rules.switch(db, number, active, by=by, now=now)
        frame.tell_later(say("The rule is saved and on.") if active else say("The rule is saved. It is off."))
        go(None)


def _try(rule: Rule, further: bool = False) -> None:
    with frame.telling_later():
        wanted = _written(rule)
        most = rehearsal.FURTHEST if further else rehearsal.LOOKED_THROUGH
        found = rehearsal.run(frame.run_db(), wanted, zone=frame.zone(), looked_through=most)
        st.session_state["rule_tried"] = (wanted, found)


def _drop(number: int) -> None:
    with frame.telling_later():
        rules.drop(frame.run_db(), number, by=frame.user(), now=frame.now())
        go(None)


def _draw_tried(rule: Rule, found: Rehearsal) -> None:
    if not found.looked:
        st.info(_("No message has come in yet, so there is nothing to try it on."), icon=":material/science:")
        return
    parts = [
        n_("Of the last {count} message", "Of the last {count} messages", found.looked)
        + (" (" + _("since {day}", day=frame.when(found.since, "date")) + ")" if found.since else ""),
        n_("{count} fits", "{count} fit", found.fitted) + ", " + n_("from {count} person", "from {count} people",
                                                                    found.people),
    ]  # fmt: skip
    if rule.answer:
        parts.append(n_("{count} answer would have been sent", "{count} answers would have been sent", found.answered))
    if rule.email_id or rule.webhook_id:
        parts.append(n_("{count} would have been forwarded", "{count} would have been forwarded", found.forwarded))
    if rule.opts == "out":
        parts.append(n_("{count} person would have been opted out", "{count} people would have been opted out",
                        found.opted))  # fmt: skip
    with st.container(key="rule_tried"):
        st.info(" · ".join(parts) + ".", icon=":material/science:")
        if found.held:
            st.caption(
                _("Held back: ")
                + " · ".join(f"{words.number(count)} {rule_words.held(why)}" for why, count in found.held.items())
            )
        rows = [
            {"at": one.at, "number": person.show_number(one.msisdn), "text": person.cell(one.text),
             "answer": person.cell(one.answer or ""), "held": rule_words.held(one.held)}
            for one in found.examples
        ]  # fmt: skip
        columns = [
            tables.Column("at", _("Arrived"), "when", width=150, zone=frame.zone()),
            tables.Column("number", _("Number"), width=125),
            tables.Column("text", _("Text"), width=300),
            *([tables.Column("answer", _("Answer"), width=260)] if rule.answer else []),
            *([tables.Column("held", _("Held back because"), width=220)] if found.held else []),
        ]
        if rows:
            tables.table(rows, columns, key="rule_examples", shown=12, alt=_("Messages that the rule fits"))


def _draw_hits(rule: Rule) -> None:
    st.subheader(_("The last messages that it fitted"), anchor=False)
    rows = [
        {"at": row["at"], "number": person.show_number(row["msisdn"]), "text": person.cell(row["text"] or ""),
         "answered": _("answered") if row["answered"] else "", "held": rule_words.held(row["held"])}
        for row in rules.hits(frame.run_db(), rule.id)
    ]  # fmt: skip
    columns = [
        tables.Column("at", _("When"), "when", width=150, zone=frame.zone()),
        tables.Column("number", _("Number"), width=125),
        tables.Column("text", _("Text"), width=300),
        tables.Column("answered", _("Answer"), width=110),
        tables.Column("held", _("Held back because"), width=220),
    ]
    tables.table(rows, columns, key="rule_hits", shown=10, alt=_("The last messages that it fitted"))


def _key(rule: Rule, name: str) -> str:
    return f"rule_{rule.id}_{rule.version}_{name}"


def _time(text: str) -> datetime.time:
    return datetime.time.fromisoformat(text)
