"""The team, its country and prices, its prepared answers; and how fast and when it sends."""

import datetime
import json
import zlib
from typing import Any

import pandas as pd
import streamlit as st

from nextpod_core import msisdn
from nextpod_core.errors import BadInput
from nextpod_core.options import Options
from pages.parts import frame, words
from pages.parts.settings_form import follow, lines, save
from pages.parts.words import _

WIDTH = 320


def countries() -> dict[str, str]:
    """Every country by its ISO code as the reader calls it, with its calling code, by name."""
    found = {region: f"{words.country_name(region)} (+{code})" for region, code in msisdn.countries()}
    return dict(sorted(found.items(), key=lambda pair: pair[1].casefold()))


def draw(set_up: Options) -> None:
    """Team, country, prices, prepared answers."""
    regions = countries()
    with st.form("settings_texts", border=False):
        st.header(_("The team"))
        with st.container(horizontal=True, key="settings_team_row"):
            team = st.text_input(_("Name"), key=follow("settings_team", set_up.team), max_chars=80, width=WIDTH)
            zones = _zones(set_up.zone)
            zone = st.selectbox(
                _("Time zone"), zones, key=follow("settings_zone", set_up.zone), width=WIDTH,
                help=_("All times are shown in it, and the daily window is kept in it."),
            )  # fmt: skip
            short_code = st.text_input(
                _("Your short code"), key=follow("settings_short_code", set_up.short_code), max_chars=14, width=WIDTH,
                help=_("The number that people text to. It stands in the sentence on how to opt out."),
            )  # fmt: skip
        st.header(_("Numbers and prices"))
        with st.container(horizontal=True, key="settings_numbers_row"):
            region = st.selectbox(
                _("Country of numbers without a country code"), list(regions), format_func=regions.__getitem__,
                key=follow("settings_region", set_up.region), width=WIDTH,
            )  # fmt: skip
            currency = st.text_input(
                _("Currency"), key=follow("settings_currency", set_up.currency), max_chars=3, width=WIDTH,
                help=_("Three letters, such as NOK."),
            )  # fmt: skip
            price = st.number_input(
                _("Price per SMS part"), key=follow("settings_price", set_up.price),
                value=None, min_value=0.0, max_value=999.99,
                step=0.01, format="%.4f", width=WIDTH, placeholder=_("Not known"),
                help=_("What one part costs where no other price is set. Empty: parts are shown without a price."),
            )  # fmt: skip
        st.caption(_("Prices that differ by country:"))
        edited = _prices(set_up, regions)
        st.header(_("Prepared answers"))
        canned = st.text_area(
            _("One to a line; they are offered in the inbox"), key=follow("settings_canned", "\n".join(set_up.canned)),
            height=120,
        )  # fmt: skip
        pressed = st.form_submit_button(_("Save"), type="primary", key="settings_texts_save")
    if not pressed:
        return
    try:
        prices = _read_prices(edited, regions)
        if short_code and not (short_code.strip().isascii() and short_code.strip().isdigit()):
            raise BadInput("A short code has digits only.")
    except BadInput as error:
        frame.tell_error(error)
        return
    save(
        team=(team or "").strip(), zone=zone, short_code=(short_code or "").strip(), region=region,
        currency=(currency or "").strip().upper(), price=price, prices=prices, canned=lines(canned),
    )  # fmt: skip


@st.cache_data(show_spinner=False)
def _zones(current: str) -> list[str]:
    import zoneinfo

    known = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "posix"))}
    return sorted(known | {current, "UTC"})


def prices_key(prices: dict[str, float]) -> str:
    """The editor's key: another for other prices, so that what was saved is its beginning and no edit upon it."""
    return f"settings_prices_{zlib.crc32(json.dumps(prices).encode())}_{words.language()}"


def _prices(set_up: Options, regions: dict[str, str]) -> pd.DataFrame:
    """The editor's rows as they were edited. It begins anew, under another key, when what is stored is another."""
    rows = pd.DataFrame(
        {
            "country": pd.Series([regions.get(region, region) for region in set_up.prices], dtype="object"),
            "price": pd.Series(list(set_up.prices.values()), dtype="float64"),
        }
    )
    with st.container(key="settings_prices", width=480):
        return st.data_editor(
            rows, num_rows="dynamic", hide_index=True, key=prices_key(set_up.prices),
            column_config={
                "country": st.column_config.SelectboxColumn(_("Country"), options=[*regions.values()], width=230),
                "price": st.column_config.NumberColumn(_("Price per SMS part"), min_value=0, format="%.4f", width=170),
            },
            alt=_("Prices by country"),
        )  # fmt: skip


def _read_prices(edited: Any, regions: dict[str, str]) -> dict[str, float]:
    """What the editor holds, checked once more: its own checks are the browser's. Raises BadInput."""
    codes = {label: region for region, label in regions.items()}
    found: dict[str, float] = {}
    for row in edited.itertuples(index=False):
        country = None if pd.isna(row.country) else str(row.country)
        price = None if pd.isna(row.price) else float(row.price)
        if country is None and price is None:
            continue
        if country is None or country not in codes:
            raise BadInput("Choose the country that each price is for.")
        if price is None:
            raise BadInput("Write what a part to {country} costs, or take the line away.", country=country)
        if codes[country] in found:
            raise BadInput("{country} stands twice among the prices.", country=country)
        found[codes[country]] = price
    return found


def draw_sending(set_up: Options) -> None:
    """Quiet hours, pace, and what asks before a large or a repeated send."""
    with st.form("settings_sending", border=False):
        st.header(_("When"))
        st.caption(
            _(
                "New campaigns keep to this window, in {zone}. A service message can be let out of it, with a reason. "
                "Answers, confirmations and tests know no window.",
                zone=set_up.zone,
            )
        )
        with st.container(horizontal=True, key="settings_window_row"):
            start = st.time_input(
                _("Not before"), key=follow("settings_from", _time(set_up.window_from)), step=900, width=160
            )
            end = st.time_input(_("Not after"), key=follow("settings_to", _time(set_up.window_to)), step=900, width=160)
        st.header(_("How fast"))
        with st.container(horizontal=True, key="settings_pace_row"):
            per_minute = st.number_input(
                _("Recipients a minute, in a new campaign"), key=follow("settings_per_minute", set_up.per_minute),
                value=None, min_value=1, step=10, width=WIDTH, placeholder=_("No limit"),
                help=_("So that answers can be read as they come. Can be changed in each campaign."),
            )  # fmt: skip
            daily = st.number_input(
                _("Recipients a day, all campaigns together"), key=follow("settings_daily", set_up.daily_limit),
                value=None, min_value=1, step=100, width=WIDTH, placeholder=_("No limit"),
                help=_("What is left over goes on after midnight. Unknown sends count as sent."),
            )  # fmt: skip
        st.header(_("Asks first"))
        with st.container(horizontal=True, key="settings_asks_row"):
            typed = st.number_input(
                _("Recipients from which the count has to be typed"), min_value=1, step=100, width=WIDTH,
                key=follow("settings_typed", set_up.typed_count_above),
            )  # fmt: skip
            within = st.number_input(
                _("Warn of people texted within (days)"), min_value=0, max_value=365, width=WIDTH,
                key=follow("settings_within", set_up.texted_within_days),
            )  # fmt: skip
        st.header(_("Second thoughts"))
        with st.container(horizontal=True, key="settings_countdown_row"):
            countdown = st.number_input(
                _("Seconds to stop what is sent at once"), value=None, min_value=0, max_value=600, step=10, width=WIDTH,
                key=follow("settings_countdown", set_up.countdown),
                placeholder=_("60, in a sandbox 10"), help=_("0 for no countdown."),
            )  # fmt: skip
            above = st.number_input(
                _("Recipients above which a first wave goes alone"), value=None, min_value=1, step=100, width=WIDTH,
                key=follow("settings_wave_above", set_up.wave_above), placeholder=_("No first wave"),
                help=_("So that a mistake is seen before everybody has it. Urgent campaigns have none."),
            )  # fmt: skip
        with st.container(horizontal=True, key="settings_wave_row"):
            size = st.number_input(
                _("Recipients in the first wave"), min_value=1, step=50, width=WIDTH,
                key=follow("settings_wave_size", set_up.wave_size),
            )  # fmt: skip
            minutes = st.number_input(
                _("Minutes until the rest follows"), min_value=1, max_value=1440, width=WIDTH,
                key=follow("settings_wave_minutes", set_up.wave_minutes),
            )  # fmt: skip
        pressed = st.form_submit_button(_("Save"), type="primary", key="settings_sending_save")
    if pressed:
        save(
            countdown=countdown, wave_above=above, wave_size=int(size), wave_minutes=int(minutes),
            window_from=start.strftime("%H:%M"), window_to=end.strftime("%H:%M"), per_minute=per_minute,
            daily_limit=daily, typed_count_above=int(typed), texted_within_days=int(within),
        )  # fmt: skip


def _time(text: str) -> datetime.time:
    return datetime.time.fromisoformat(text)
