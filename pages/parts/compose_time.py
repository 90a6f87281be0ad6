"""Step 3 of a campaign: now or later, in which zone, within which hours, how fast."""

from datetime import time, timedelta

import streamlit as st

from nextpod_core import options, schedule
from nextpod_core.drafts import Draft
from nextpod_core.errors import BadInput
from nextpod_core.sentences import say
from pages.parts import compose_draft, compose_timeline, frame, words
from pages.parts.words import _


def draw(draft: Draft, people: int) -> bool:
    """The step as it stands; whether the time can be used. `people` for how long it takes."""
    st.header(_("3 · Time"), anchor=False)
    now, choices = frame.now(), draft.choices
    later = st.segmented_control(
        _("When"), ["now", "later"], key=compose_draft.given("when", "now" if draft.due_at is None else "later"),
        required=True, format_func={"now": _("At once"), "later": _("At a time")}.__getitem__,
        on_change=_keep_when, label_visibility="collapsed",
    ) == "later"  # fmt: skip
    fine = True
    if later:
        shown = draft.due_at if draft.due_at is not None else _next_hour(now)
        st.datetime_input(
            _("Send at ({zone})", zone=choices.zone.replace("_", " ")), on_change=_keep_when, width=330,
            key=compose_draft.given("due", schedule.to_local(shown, choices.zone).replace(tzinfo=None)),
            format="DD.MM.YYYY" if words.language() == "nb" else "YYYY/MM/DD", step=timedelta(minutes=5),
        )  # fmt: skip
        fine = _ask_about_clocks(draft)
        if fine and draft.due_at is not None and draft.due_at > now + schedule.FARTHEST:
            frame.tell(_("That is more than ten years ahead. Choose an earlier day."), "warning")
            fine = False
        if fine and draft.due_at is not None and draft.due_at < now - 60_000:
            frame.tell(_("That time is past. Choose a later one, or send at once."), "warning")
            fine = False
    with st.expander(_("More choices"), icon=":material/tune:", key="compose_more"):
        _more(draft, later)
    if fine:
        _timeline(draft, people, now)
    return fine


def _more(draft: Draft, later: bool) -> None:
    choices = draft.choices
    left, right = st.columns(2, gap="large")
    with left:
        st.toggle(
            _("Only within these hours"), key=compose_draft.given("window", choices.window_from is not None),
            on_change=_keep_window, help=_("Outside them the campaign rests and goes on the next day."),
        )  # fmt: skip
        if choices.window_from is not None and choices.window_to is not None:
            with st.container(horizontal=True, key="compose_window_row"):
                st.time_input(_("From"), key=compose_draft.given("from", schedule.clock(choices.window_from)),
                              on_change=_keep_window, width=140)  # fmt: skip
                st.time_input(_("To"), key=compose_draft.given("to", schedule.clock(choices.window_to)),
                              on_change=_keep_window, width=140)  # fmt: skip
        else:
            st.text_input(
                _("Why at any hour?"), key=compose_draft.given("window_reason", choices.window_reason), max_chars=300,
                placeholder=_("For example: warning of a burst water main"), on_change=compose_draft.keep_choice,
                args=("window_reason",),
            )  # fmt: skip
        st.selectbox(
            _("Time zone"), schedule.zones(), key=compose_draft.given("zone", choices.zone), on_change=_keep_zone,
            format_func=lambda zone: zone.replace("_", " "),
        )  # fmt: skip
    with right:
        st.number_input(
            _("At most this many a minute"), min_value=1, value=None, step=10,
            key=compose_draft.given("per_minute", choices.per_minute), on_change=compose_draft.keep_choice,
            args=("per_minute",), placeholder=_("no limit"), help=_("So that the answers can be read as they come."),
        )  # fmt: skip
        hours = choices.spread_minutes / 60 if choices.spread_minutes else None
        st.number_input(
            _("Spread evenly over hours"), min_value=0.25, max_value=336.0, value=None, step=0.5,
            key=compose_draft.given("spread", hours), on_change=_keep_spread, placeholder=_("no spreading"),
        )  # fmt: skip
        st.toggle(
            _("Urgent: before other campaigns"), key=compose_draft.given("urgent", choices.urgent),
            on_change=compose_draft.keep_choice, args=("urgent",),
        )  # fmt: skip
        st.toggle(
            _("Hand over to Nextpod now"), key=compose_draft.given("hand_over", choices.hand_over),
            on_change=compose_draft.keep_choice, args=("hand_over",), disabled=not later,
            help=_("Nextpod keeps the texts until the time comes. They can't be changed or recalled after that."),
        )  # fmt: skip
        if choices.hand_over and later:
            st.caption(":material/warning: " + _("Once handed over it can't be recalled."))


def _ask_about_clocks(draft: Draft) -> bool:
    """The hour that happens twice is asked about, the one that does not exist is refused."""
    asked = compose_draft.held("due")
    if asked is None:
        frame.tell(_("Choose a day and a time."), "warning")
        return False
    try:
        schedule.to_utc(asked, draft.choices.zone)
    except schedule.Ambiguous as twice:
        chosen = 1 if draft.due_at == twice.second else 0
        st.radio(
            _("Clocks go back that night, so this time comes twice. Which one?"), [0, 1], horizontal=True,
            format_func=[_("The first (summer time)"), _("The second (winter time)")].__getitem__,
            key=compose_draft.given("fold", chosen), on_change=_keep_when,
        )  # fmt: skip
    except BadInput as error:
        frame.tell_error(error)
        return False
    return True


def _keep_when() -> None:
    if compose_draft.held("when") != "later":
        compose_draft.keep(due_at=None)
        return
    zone = frame.team_options().zone
    with frame.telling_later():
        if compose_draft.asked() is not None:
            zone = compose_draft.load().choices.zone
        asked = compose_draft.held("due") or schedule.to_local(_next_hour(frame.now()), zone).replace(tzinfo=None)
        try:
            due = schedule.to_utc(asked, zone, fold=compose_draft.held("fold") or 0)
        except BadInput:
            return  # Told beside the clock, where it is mended.
        compose_draft.keep(due_at=due)


def _keep_window() -> None:
    if not compose_draft.held("window"):
        compose_draft.keep(choices={"window_from": None, "window_to": None})
        return
    team = frame.team_options()
    start: time = compose_draft.held("from") or schedule.clock(team.window_from)
    end: time = compose_draft.held("to") or schedule.clock(team.window_to)
    compose_draft.keep(choices={"window_from": f"{start:%H:%M}", "window_to": f"{end:%H:%M}"})


def _keep_spread() -> None:
    hours = compose_draft.held("spread")
    compose_draft.keep(choices={"spread_minutes": round(hours * 60) if hours else None})


def _keep_zone() -> None:
    compose_draft.keep(choices={"zone": compose_draft.held("zone")})
    _keep_when()


def _timeline(draft: Draft, people: int, now: int) -> None:
    """From when to when, in words and as a band."""
    choices, team = draft.choices, frame.team_options()
    start = max(now, draft.due_at or now)
    window = (choices.window_from, choices.window_to) if choices.window_from and choices.window_to else None
    begins = schedule.next_open(start, zone=choices.zone, start=window[0], end=window[1]) if window else start
    wave = options.first_wave(
        team, people, urgent=choices.urgent, handed_over=choices.hand_over and draft.due_at is not None
    )
    seconds = max(
        people / choices.per_minute * 60 if choices.per_minute else 0.0,
        choices.spread_minutes * 60 if choices.spread_minutes else 0.0,
        people / 500 + (wave[1] / 1000 if wave else 0.0),
    )
    ends = schedule.end_of(
        begins, seconds, zone=choices.zone if window else None, start=window[0] if window else "08:00",
        end=window[1] if window else "20:00",
    )  # fmt: skip
    first, last = frame.when(begins, "weekday"), frame.when(ends, "weekday")
    told = (
        _("Begins {first}; with this list the last one leaves about {last}.", first=first, last=last)
        if people
        else _("Begins {first}.", first=first)
    )
    if begins > start:
        told += " " + _rest(choices.window_from or "", choices.window_to or "")
    if wave:
        told += " " + _("{size} go first, the others {minutes} minutes later.", size=wave[0],
                        minutes=wave[1] // 60_000)  # fmt: skip
    st.markdown(f":material/schedule: {told}")
    compose_timeline.draw(begins, ends, now=now, zone=choices.zone, window=window, label=told)


def _rest(start: str, end: str) -> str:
    """Why it doesn't begin when it was asked to."""
    return words.tr(say("It waits for the hours {start}–{end}.", start=start, end=end))


def _next_hour(now: int) -> int:
    hour = 3_600_000
    return (now // hour + 1) * hour
