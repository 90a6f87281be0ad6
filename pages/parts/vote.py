"""The vote: how often each keyword, or each word after one, came in; live, as bars and as a file."""

from datetime import datetime, timedelta

import streamlit as st

from nextpod_core import inbox_counts
from nextpod_core.sentences import say_count
from pages.parts import charts, downloads, frame, person, tables, words
from pages.parts.words import _, n_

DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}


def draw(now: int) -> None:
    """Choose a keyword, a campaign and a period; the bars follow what comes in."""
    db = frame.run_db()
    keywords = inbox_counts.keywords(db)
    if not keywords:
        st.info(
            _("No message with a keyword has come in yet. Ask for one in a campaign: \u201cAnswer JA or NEI\u201d."),
            icon=":material/how_to_vote:",
        )
        return
    campaigns = {row["id"]: row["name"] for row in inbox_counts.campaigns_answered(db)}
    with st.container(horizontal=True, vertical_alignment="top", key="vote_choices"):
        keyword = st.selectbox(
            _("Keyword"), keywords, index=None, key="vote_keyword", placeholder=_("All, compared"), bind="query-params",
            width=220,
        )  # fmt: skip
        campaign = st.selectbox(
            _("Campaign they answered"), list(campaigns), index=None, format_func=campaigns.__getitem__,
            key="vote_campaign", placeholder=_("All"), width=280,
        )  # fmt: skip
        days = st.segmented_control(
            _("Period"), list(DAYS), default="7", required=True, key="vote_days", bind="query-params",
            format_func=lambda name: _("Today") if name == "1" else n_("{count} day", "{count} days", DAYS[name]),
        )  # fmt: skip

    @frame.live(2)
    def bars() -> None:
        """Drawn again every two seconds: a vote is watched while it goes on."""
        clock = frame.now()
        midnight = datetime.fromtimestamp(clock / 1000, frame.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
        since = midnight - timedelta(days=DAYS[days or "7"] - 1)
        found = inbox_counts.poll(
            frame.run_db(), keyword=keyword, campaign=campaign, since=int(since.timestamp() * 1000),
            until=clock + 3_600_000, today=int(midnight.timestamp() * 1000),
        )  # fmt: skip
        if keyword is None:  # Keywords are compared with each other; most of what has none is no vote.
            found = [one for one in found if one.word]
        total = sum(one.messages for one in found)
        if not total:
            st.info(_("Nothing came in during this period."))
            return
        names = [person.one_line(one.word, 40) or _("(without)") for one in found]
        shown = found[:15]
        charts.draw(
            charts.bars(
                names[:15],
                [one.messages for one in shown],
                [f"{words.number(one.messages)} · {words.percent(one.messages / total)}" for one in shown],
            ),
            key="vote_bars",
            says=say_count(
                "{count} message since {since}. Who writes twice is counted twice.",
                "{count} messages since {since}. Who writes twice is counted twice.",
                total,
                since=frame.when(int(since.timestamp() * 1000)),
            ),
            height=40 + 34 * len(shown),
        )
        waits = inbox_counts.waits(frame.run_db()) if keyword is None else {}
        nothing = inbox_counts.Waits(0, None, None, 0)
        rows = [
            {
                "word": name,
                "today": one.today,
                "messages": one.messages,
                "share": one.messages / total,
                "unread": (wait := waits.get(one.word, nothing)).unread,
                "people": wait.people,
                "oldest": max(0, clock - wait.oldest) if wait.oldest is not None else None,
                "median": wait.median,
            }
            for name, one in zip(names, found, strict=True)
        ]
        columns = [
            tables.Column("word", _("Word"), width="medium"),
            tables.Column("today", _("Today"), "number"),
            tables.Column("messages", _("Messages"), "number"),
            tables.Column("share", _("Share"), "percent", digits=1),
        ]
        if keyword is None:
            columns += [
                tables.Column("unread", _("Unread"), "number"),
                tables.Column("people", _("Wait for us"), "number"),
                tables.Column("oldest", _("Longest wait"), "duration"),
                tables.Column("median", _("Half are answered within"), "duration"),
            ]
        tables.table(rows, columns, key="vote_table", alt=_("The vote in figures"))
        word = keyword or "keywords"
        downloads.buttons(
            lambda _own, write: write(rows, columns), name=f"vote-{word}" if word.isalnum() else "vote", key="vote",
        )  # fmt: skip

    bars()
