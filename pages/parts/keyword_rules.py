"""The rules of the inbox: each as a sentence with its count, in order; where they forward to; one of them edited."""

import streamlit as st

from nextpod_core import forwards, rules
from nextpod_core.rules import Rule
from nextpod_core.sentences import say
from pages.parts import frame, person, rule_form, rule_words, words
from pages.parts.words import _, n_


def draw() -> None:
    """The list, or the rule that the address names (?rule=12, ?rule=new)."""
    asked = st.query_params.get("rule", "")
    if asked == "new":
        rule_form.draw(Rule(name=""))
        return
    number = frame.id_in_address("rule")
    found = [rule for rule in rules.every(frame.run_db()) if rule.id == number]
    if found:
        rule_form.draw(found[0])
        return
    _list()


def _list() -> None:
    db = frame.run_db()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
                      key="rules_head"):  # fmt: skip
        st.caption(
            _(
                "What is done by itself with messages that come in, in this order. Opting out comes before every rule, "
                "and who has opted out is never answered."
            ),
            width="stretch",
        )
        st.button(_("New rule"), icon=":material/add:", type="primary", key="rules_new", on_click=rule_form.go,
                  args=("new",))  # fmt: skip
    every = rules.every(db)
    if not every:
        st.info(
            _(
                "No rule yet. A rule can answer, label, hand on, close and forward messages by keyword, by words or by "
                "time of day. You can try it on past messages before it goes live."
            ),
            icon=":material/bolt:",
        )
    for place, rule in enumerate(every):
        _row(rule, is_first=place == 0, is_last=place == len(every) - 1)
    _addresses()


def _row(rule: Rule, *, is_first: bool, is_last: bool) -> None:
    db = frame.run_db()
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"rules_row_{rule.id}"):
        st.session_state[f"rules_on_{rule.id}"] = rule.active
        st.toggle(_("On"), key=f"rules_on_{rule.id}", label_visibility="collapsed", on_change=_switch, args=(rule.id,),
                  help=_("On: asked about every message from now on."), width="content")  # fmt: skip
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{person.label(rule.name, rules.LONGEST_NAME)}** — {rule_words.when(rule)} "
                        f"{rule_words.then(db, rule)}")  # fmt: skip
            told = n_("fitted {count} message", "fitted {count} messages", rule.hits)
            if rule.last_hit_at is not None:
                told += " · " + _("last {time}", time=words.ago(rule.last_hit_at, frame.now()))
            st.caption(told if rule.active else _("off") + " · " + told)
        with st.container(horizontal=True, gap="xsmall", width="content", key=f"rules_acts_{rule.id}"):
            st.button("", icon=":material/arrow_upward:", key=f"rules_up_{rule.id}", disabled=is_first,
                      help=_("Asked earlier"), on_click=_move, args=(rule.id, -1))  # fmt: skip
            st.button("", icon=":material/arrow_downward:", key=f"rules_down_{rule.id}", disabled=is_last,
                      help=_("Asked later"), on_click=_move, args=(rule.id, 1))  # fmt: skip
            st.button(_("Edit"), icon=":material/edit:", key=f"rules_edit_{rule.id}", on_click=rule_form.go,
                      args=(str(rule.id),))  # fmt: skip


def _addresses() -> None:
    """Where messages may be forwarded to: nothing goes to an address that does not stand here."""
    db = frame.run_db()
    listed = forwards.destinations(db)
    counts = forwards.counts(db)
    told = _("Where messages may be forwarded to") + (f" · {len(listed)}" if listed else "")
    lost = counts.get("given_up", 0)
    with st.expander(told, icon=":material/forward_to_inbox:", expanded=bool(lost), key="rules_addresses"):
        if lost:
            st.warning(n_("{count} message could not be forwarded.", "{count} messages could not be forwarded.", lost),
                       icon=":material/warning:")  # fmt: skip
            for row in forwards.given_up(db, limit=5):
                st.caption(f"{frame.when(row['ended_at'])} · {person.label(row['address'], 80)} · "
                           f"{person.label(row['error'] or '', 120)}")  # fmt: skip
        if waiting := counts.get("waiting", 0):
            st.caption(n_("{count} is waiting to be delivered.", "{count} are waiting to be delivered.", waiting))
        for one in listed:
            with st.container(horizontal=True, vertical_alignment="center", key=f"rules_address_{one.id}"):
                icon = "mail" if one.kind == "email" else "webhook"
                st.markdown(f":material/{icon}: {person.label(one.address, 120)}", width="stretch")
                if one.kind == "webhook":
                    with st.popover(_("Key"), icon=":material/key:", key=f"rules_key_{one.id}"):
                        st.write(_("Each call carries X-Desk-Signature: sha256= and the hex HMAC-SHA256 of the body, "
                                   "made with this key:"))  # fmt: skip
                        st.code(forwards.secret(db, one.id), language=None)
                st.button(_("Take off"), key=f"rules_strike_{one.id}", type="tertiary", on_click=_strike,
                          args=(one.id,))  # fmt: skip
        kinds = {"webhook": _("Webhook"), "email": _("E-mail")}
        with st.container(horizontal=True, vertical_alignment="bottom", key="rules_add_address"):
            st.segmented_control(_("Kind"), list(kinds), format_func=kinds.__getitem__, default="webhook",
                                 required=True, key="rules_kind")  # fmt: skip
            st.text_input(_("Address"), key="rules_address", width=380,
                          placeholder="https://example.no/sms")  # fmt: skip
            st.button(_("List it"), key="rules_list", on_click=_list_address)
        if not frame.the_settings().smtp_url:
            st.caption(_("No e-mail leaves before NEXTPOD_SMTP_URL is set."))


def _switch(number: int) -> None:
    with frame.telling_later():
        on = bool(st.session_state[f"rules_on_{number}"])
        rules.switch(frame.run_db(), number, on, by=frame.user(), now=frame.now())


def _move(number: int, steps: int) -> None:
    with frame.telling_later():
        rules.move(frame.run_db(), number, steps, by=frame.user(), now=frame.now())


def _list_address() -> None:
    state = st.session_state
    with frame.telling_later():
        forwards.list_address(frame.run_db(), kind=state["rules_kind"], address=state.get("rules_address") or "",
                              by=frame.user(), now=frame.now())  # fmt: skip
        state["rules_address"] = ""
        frame.tell_later(say("The address is listed. Rules may forward to it."))


def _strike(number: int) -> None:
    with frame.telling_later():
        forwards.strike_address(frame.run_db(), number, by=frame.user(), now=frame.now())
