"""The way to Nextpod and back: the addresses to give away, and one text to one's own phone with a tick for each leg."""

import uuid

import streamlit as st

from nextpod_core import campaigns, errors, health, msisdn, segments, senders, store, tokens
from nextpod_core.health import Trial
from nextpod_core.msisdn import Kind
from nextpod_core.sentences import Sentence, say
from pages.parts import frame, person, words
from pages.parts.words import _, n_, status_label, tr

# Documented in docs/sandbox.md: delivered at once, and the person answers JA.
ANSWERS_YES = "+47 99 99 90 11"
LOST = {
    "refused": say("Nextpod refused the message. The page of the refusal says why."),
    "skipped": say("The number has opted out, so nothing was sent."),
    "unknown": say("The request got no answer, so the message may have been sent."),
    "cancelled": say("The message was cancelled before it left."),
}


def draw() -> None:
    """Addresses, then the test text."""
    _addresses()
    _test()


def _addresses() -> None:
    given = frame.the_settings()
    st.header(_("Addresses to give to Nextpod"))
    st.write(_("For incoming messages, ask Nextpod to call this address for your short code and keywords, by POST:"))
    mo_address = f"{given.public_url}/mo/"
    shown = bool(st.session_state.get("health_token_shown"))
    with st.container(horizontal=True, vertical_alignment="center", key="health_mo_address"):
        st.code(
            mo_address + (store.webhook_token(given) if shown else "•" * 12), language=None, width=620, wrap_lines=True
        )
        st.button(
            _("Hide") if shown else _("Show"), key="health_show_token", on_click=_show, args=(not shown,),
            icon=":material/visibility_off:" if shown else ":material/visibility:",
        )  # fmt: skip
    st.caption(_("The last part is a secret: who knows it can write to your inbox. Give it to Nextpod alone."))
    if frame.may("options.change") and not given.webhook_token:
        with st.popover(_("Replace the secret …"), icon=":material/key:", key="health_rotate"):
            st.write(_("When somebody knows it who should not, or someone who knew it has left. The old one is taken "
                       "for 96 hours more, and as long as messages that carry it are under way. Give Nextpod the new "
                       "address within that time."))  # fmt: skip
            st.button(_("Replace it now"), key="health_rotate_now", type="primary", on_click=_rotate)
    st.write(
        _(
            "For delivery reports there is nothing to set up: each message carries its own address, {address}",
            address=f"`{given.public_url}/dlr/…`",
        )
    )
    if given.mode == "sandbox":
        st.caption(_("In the sandbox both are found by themselves; nothing has to be given away."))
    told = health.processes(frame.run_db(), now=frame.now())[1].told
    token, address, full = (int(told.get(name, 0)) for name in ("wrong_token", "wrong_address", "turned_away"))
    counts = [
        n_("{count} call had a wrong secret", "{count} calls had a wrong secret", token) if token else "",
        n_("{count} call came from an address that is not allowed",
           "{count} calls came from addresses that are not allowed", address) if address else "",
        n_("{count} call was asked to come again later", "{count} calls were asked to come again later", full)
        if full else "",
    ]  # fmt: skip
    if any(counts):
        st.caption(_("Since the ingester started:") + " " + words.list_of([*filter(None, counts)]) + ".")
    st.caption(_("Allowed to call: {addresses}", addresses=", ".join(given.webhook_addresses)))


def _rotate() -> None:
    with frame.telling_later():
        tokens.rotate(frame.the_settings(), frame.run_db(), by=frame.user(), now=frame.now())
        frame.tell_later(say("The secret is replaced. Give Nextpod the new address within 96 hours."))
        st.session_state["health_token_shown"] = True


def _show(shown: bool) -> None:
    st.session_state["health_token_shown"] = shown


def _test() -> None:
    st.header(_("One text to your own phone"))
    db, set_up = frame.run_db(), frame.team_options()
    # Made when the form is drawn: a second press of the same form sends nothing more.
    key = st.session_state.setdefault("health_test_key", uuid.uuid4().hex)
    st.session_state.setdefault("health_text", _("A test from the desk. Answer JA if you can read it."))
    left, right = st.columns([55, 45], gap="large")
    with left:
        if frame.the_settings().mode == "sandbox":
            st.caption(_("In the sandbox nobody has a phone, but {number} gets the text and answers JA.",
                         number=ANSWERS_YES))  # fmt: skip
            st.button(_("Use {number}", number=ANSWERS_YES), key="health_use_magic", on_click=_use_magic)
        wanted = st.text_input(
            _("Your number"), key="health_number", type="phone", live=True, placeholder=_("In any writing"), width=320
        )
        number = msisdn.read(wanted or "", region=set_up.region)
        to = number.msisdn if number.sendable else None
        if (wanted or "").strip():
            if to:
                st.caption(_("Goes to {number}", number=person.show_number(to)))
            else:
                st.caption(f":red[:material/error: {person.label(tr(number.reason))[:200]}]")
            if number.kind is Kind.DOUBTFUL and st.checkbox(_("Send to it all the same"), key="health_doubtful"):
                to = number.candidate
        saved = [sender.name for sender in senders.every(db)]
        if saved:
            sender = st.selectbox(_("Sender"), saved, key="health_sender", width=320)
        else:
            sender = st.text_input(_("Sender"), value="Nextpod", key="health_new_sender", width=320) or ""
        text = st.text_area(_("Text"), key="health_text", height=90) or ""
        size = segments.measure(text)
        st.caption(n_("{count} SMS part", "{count} SMS parts", size.parts))
        if st.button(
            _("Send one text"), type="primary", key="health_send", disabled=to is None, icon=":material/send:"
        ):
            try:
                id = campaigns.test_send(
                    db, sender=sender, text=text, msisdn=to or "", key=key, by=frame.user(), now=frame.now()
                )
            except errors.BadInput as error:
                frame.tell_error(error)
            else:
                st.session_state.pop("health_test_key", None)
                st.query_params["test"] = str(id)
                st.rerun()
    with right:
        asked = st.query_params.get("test", "")
        if asked.isascii() and asked.isdigit() and len(asked) < 19:
            _ticks(int(asked))
        else:
            with st.container(border=True, key="health_ticks"):
                for name in _legs():
                    st.markdown(f":gray-badge[:material/hourglass_empty:]  :gray[{name}]")
                st.caption(_("Each gets its tick as it happens."))


def _use_magic() -> None:
    st.session_state["health_number"] = ANSWERS_YES


def _legs() -> list[str]:
    return [_("Ready to be sent"), _("Accepted by Nextpod"), _("Delivery report arrived"), _("Your answer arrived")]


def _ticks(message_id: int) -> None:
    @frame.live(2)
    def shown() -> None:
        found = health.trial(frame.run_db(), message_id)
        with st.container(border=True, key="health_ticks"):
            if found is None:
                st.caption(_("There is no such test text."))
                return
            st.caption(_("{sender} to {number}", sender=person.label(found.sender), number=person.show_number(
                found.msisdn)))  # fmt: skip
            reported = f"{status_label(found.status)} ({person.label(found.word)})" if found.word else ""
            answer = f"\u201c{person.label(found.answer)}\u201d" if found.answer else ""
            times = (found.queued_at, found.accepted_at, found.report_at, found.answer_at)
            for name, at, more in zip(_legs(), times, ("", "", reported, answer), strict=True):
                _tick(name, at, more, found.queued_at)
            if found.status in LOST:
                frame.tell(LOST[found.status], "error")
            elif found.accepted_at is None:
                _waits(found)

    shown()


def _tick(name: str, at: int | None, more: str, since: int) -> None:
    if at is None:
        st.markdown(f":gray-badge[:material/hourglass_empty:]  :gray[{name}]")
        return
    after = words.duration(max(0, at - since)) if at != since else frame.when(at, "second")
    st.markdown(f":green-badge[:material/check:]  **{name}** :gray[{after}]  {more}")


def _waits(found: Trial) -> None:
    now = frame.now()
    if now - found.queued_at < health.ALIVE:
        return
    dispatcher = health.processes(frame.run_db(), now=now)[0]
    told: Sentence = (
        say("It waits: all sending rests, or the request is still under way. See above.")
        if dispatcher.is_alive
        else say("It waits: the dispatcher is not running.")
    )
    frame.tell(told, "warning")
