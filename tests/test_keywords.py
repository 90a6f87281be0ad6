"""Opting out, opting in, and what a text asks for."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import keywords
from nextpod_core.keywords import DEFAULT, OptWords, Verdict, judge

with (Path(__file__).parent / "cases" / "optout.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))
with (Path(__file__).parent / "cases" / "optout_own_words.csv").open(encoding="utf-8", newline="") as file:
    OWN_WORDS = list(csv.DictReader(file))
OUT = {Verdict.OUT, Verdict.OUT_BY_PREFIX}


def _verdict(case):
    return judge(case["text"], keyword=case["keyword"] or None, sub_keyword=case["sub_keyword"] or None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['want']} {case['text']!r}"[:60])
def test_a_labelled_text_is_judged_as_its_rule_says(case):
    verdict = _verdict(case)
    if case["why"] == "free wording":  # A person reads these: what is meant stands in the middle, or was never asked.
        assert verdict is Verdict.MENTIONED
    elif case["why"] == "price of the prefix":  # Known to be wrong, listed for review, and not traded for a late STOP.
        assert verdict is Verdict.OUT_BY_PREFIX
    elif case["want"] == "out":
        assert verdict in OUT
        if case["why"] in ("word", "keyword", "writing", "long finger"):
            assert verdict is Verdict.OUT
        elif case["why"] == "own words":  # Never without a person who looks at it.
            assert verdict is Verdict.OUT_BY_PREFIX
    elif case["why"] == "another meaning":  # Begins with a word, is plainly about something else, and is looked at.
        assert verdict is Verdict.MENTIONED
    else:
        assert verdict not in OUT
        assert (verdict is Verdict.IN) == (case["want"] == "in")


def test_precision_and_recall_on_the_labelled_set(capsys):
    wanted = {case["want"] == "out" for case in CASES}
    assert wanted == {True, False}
    caught = [case for case in CASES if _verdict(case) in OUT]
    meant = [case for case in CASES if case["want"] == "out"]
    both = [case for case in caught if case["want"] == "out"]
    by_rule = [case for case in meant if case["why"] != "free wording"]
    seen = [case for case in meant if _verdict(case) is not Verdict.NONE]
    alone = [case for case in CASES if _verdict(case) is Verdict.OUT]
    wrongly_alone = [case for case in alone if case["want"] != "out"]
    with capsys.disabled():
        print(
            f"\nopting out, {len(CASES)} labelled texts ({len(meant)} meant it): "
            f"precision {len(both) / len(caught):.3f} (without review {1 - len(wrongly_alone) / len(alone):.3f}), "
            f"recall {len(both) / len(meant):.3f} (in the words of the list {len(both) / len(by_rule):.3f}, "
            f"or flagged {len(seen) / len(meant):.3f})"
        )
    assert len(CASES) >= 400
    assert {"no", "sv", "da", "fi", "is", "de", "en", "se"} <= {case["language"] for case in CASES}
    assert len(both) == len(by_rule)
    assert len(both) / len(caught) > 0.97
    assert len(both) / len(meant) > 0.98
    assert not wrongly_alone
    assert len(seen) == len(meant)


def test_own_words_are_obeyed_or_shown_to_a_person(capsys):
    """Three sets, written before the rules saw them; the third is never learnt from: that figure is the honest one."""
    found = {name: {"out": [], "none": []} for name in ("first", "second", "unseen")}
    for case in OWN_WORDS:
        if case["set"] in found:
            found[case["set"]][case["want"]].append(judge(case["text"], keyword=None, sub_keyword=None))
    with capsys.disabled():
        for name, verdicts in found.items():
            meant, plain = verdicts["out"], verdicts["none"]
            obeyed, shown = sum(each in OUT for each in meant), meant.count(Verdict.MENTIONED)
            print(
                f"\nown words, {name} set, {len(meant)} meant it: opted out {obeyed / len(meant):.2f}, flagged "
                f"{shown / len(meant):.2f}, missed {meant.count(Verdict.NONE) / len(meant):.2f}; of {len(plain)} "
                f"ordinary ones flagged {plain.count(Verdict.MENTIONED)}", end="",
            )  # fmt: skip
            assert not OUT & set(plain)
            assert plain.count(Verdict.MENTIONED) <= len(plain) * 0.05
        print()
    assert found["first"]["out"].count(Verdict.NONE) == 0
    assert found["second"]["out"].count(Verdict.NONE) <= 2
    assert found["unseen"]["out"].count(Verdict.NONE) / len(found["unseen"]["out"]) < 0.6


@pytest.mark.parametrize("name", ["clear", "clear unseen"])
def test_clear_requests_are_heard_and_what_only_sounds_like_them_is_not(name, capsys):
    """
    What people really write, beside messages made to be mistaken for it. The rules were mended on the first set;
    general ones were added once after most of the second was counted, by those who had written it.
    """
    cases = [case for case in OWN_WORDS if case["set"] == name]
    verdicts = {
        want: [judge(case["text"], keyword=None, sub_keyword=None) for case in cases if case["want"] == want]
        for want in ("out", "none")
    }
    meant, plain = verdicts["out"], verdicts["none"]
    obeyed, wrongly = sum(each in OUT for each in meant), sum(each in OUT for each in plain)
    missed, shown = meant.count(Verdict.NONE), plain.count(Verdict.MENTIONED)
    with capsys.disabled():
        print(
            f"\n{name}, {len(meant)} meant it: opted out {obeyed / len(meant):.2f} (precision "
            f"{obeyed / (obeyed + wrongly):.3f}), missed {missed / len(meant):.2f}; of {len(plain)} others "
            f"flagged {shown}"
        )
    assert obeyed / (obeyed + wrongly) > 0.97
    assert missed / len(meant) <= 0.15
    assert shown / len(plain) < 0.35  # A list word anywhere in a text is shown, by rule.


@pytest.mark.parametrize(
    "text", ["ikke i dag", "kan ikke komme", "send meg mer info", "Nei takk", "Har ikke fått meldingen", "not today"]
)
def test_an_ordinary_answer_is_not_flagged(text):
    assert judge(text, keyword=None, sub_keyword=None) is Verdict.NONE


@pytest.mark.parametrize(
    "text",
    [
        "STOPP", "Stopp!", "stop sms", "STOPP KLUBB", "avslutt", "meld meg av", "Meld meg av påminnelser om timen",
        "Jeg vil ikke ha sms, men dere må slette nummeret mitt", "Slett meg, men behold nummeret",
        "Vil ikke ha flere meldinger, men takk for nummeret", "I don't want texts but my number is still on your list",
        "End of messages", "end of your texts", "do not text at this number", "Do not text on this number",
        "don't text or call this number", "do not text until I say so",
    ],
)  # fmt: skip
def test_what_was_always_obeyed_is_no_errand_and_no_other_number(text):
    assert judge(text, keyword=None, sub_keyword=None) in OUT


@pytest.mark.parametrize(
    "text",
    [
        "Hvorfor slutter dere ikke å sende meldinger?", "Hvorfor slutter dere ikke med sms",
        "varför slutar ni inte skicka sms", "kvifor sluttar de ikkje å sende meldingar",
        "Warum hören Sie nicht auf Nachrichten zu senden", "Hvorfor får jeg ikke slippe meldinger",
        "fed up with constant messages", "lei av så mange sms", "so tired of constant texts", "Lei av tilbud",
    ],
)  # fmt: skip
def test_who_asks_why_we_dont_stop_or_is_tired_of_it_is_shown_to_a_person(text):
    assert judge(text, keyword=None, sub_keyword=None) is not Verdict.NONE


@pytest.mark.parametrize("text", ["Hvorfor får jeg ikke meldinger lenger?", "Varför får jag inte sms"])
def test_who_misses_messages_is_not(text):
    assert judge(text, keyword=None, sub_keyword=None) is Verdict.NONE


@pytest.mark.parametrize(
    "text",
    [
        "Ikke send meldinger hit, men til nummer 91726200", "don't text Kari", "don't text while driving",
        "Avslutt alt om treningen", "Avbestill timen", "end of the day?", "meld meg av turen",
    ],
)  # fmt: skip
def test_an_errand_or_another_number_is_shown_and_not_obeyed(text):
    assert judge(text, keyword=None, sub_keyword=None) not in OUT


def test_the_keyword_counts_only_where_the_gateway_recognised_it():
    assert judge("KINO STOP", keyword="KINO", sub_keyword=None) is Verdict.OUT
    assert judge("KINO STOP", keyword=None, sub_keyword=None) is Verdict.MENTIONED


def test_the_words_are_the_teams():
    mine = OptWords(out=("Nok", "la  meg være"), back=("Mer",), near=())
    assert judge("NOK!", keyword=None, sub_keyword=None, words=mine) is Verdict.OUT
    assert judge("La meg vaere", keyword=None, sub_keyword=None, words=mine) is Verdict.OUT
    assert judge("mer", keyword=None, sub_keyword=None, words=mine) is Verdict.IN
    assert judge("STOPP", keyword=None, sub_keyword=None, words=mine) is Verdict.NONE
    assert keywords.version(mine) != keywords.version(DEFAULT)


@given(st.sampled_from(DEFAULT.out), st.sampled_from(["", "!", " 🙏", ".", "\n", "\u200b", "?!"]), st.booleans())
def test_every_word_opts_out_however_it_is_dressed(word, dress, upper):
    text = (word.upper() if upper else word.lower()) + dress
    assert judge(text, keyword=None, sub_keyword=None) is Verdict.OUT
    assert judge(f"KINO {text}", keyword="KINO", sub_keyword=None) is Verdict.OUT
    assert judge(f"{text} og litt til", keyword=None, sub_keyword=None) in OUT


LONG = [
    "ikke " + "noe mer " * 620, "vil ikke " * 550, "kan dere " * 550, "stopp ikke, " * 400, "a," * 2_500,
    "send " * 1_000, "S\u0301" * 2_500, "jeg vil ikke ha sms " * 250, "🛑" * 5_000, "\x00" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_no_text_keeps_it_busy(text):
    began = time.thread_time()
    judge(text[:5_000], keyword="INFO", sub_keyword="SMS")
    assert time.thread_time() - began < 0.1  # Typically 2 ms; a pattern that ran away would take minutes.


@given(st.text(max_size=200), st.none() | st.text(max_size=10), st.none() | st.text(max_size=10))
def test_no_text_breaks_it(text, keyword, sub):
    judge(text, keyword=keyword, sub_keyword=sub)
    keywords.split_keyword(text)
    keywords.asks_for_answer(text)
    keywords.says_how_to_stop(text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Hello wonderful world!", ("HELLO", "WONDERFUL")),
        ("kino", ("KINO", None)),
        ("  båt, tur", ("BÅT", "TUR")),
        ("👍", (None, None)),
        ("", (None, None)),
    ],
)
def test_the_keyword_is_shown_from_the_text_when_none_was_given(text, pair):
    assert keywords.split_keyword(text) == pair


@pytest.mark.parametrize(
    ("text", "asks", "stops"),
    [
        ("Svar JA eller NEI.", True, False),
        ("Kommer du? Svar på denne meldingen", True, False),
        ("Reply YES to confirm", True, False),
        ("Vastaa JOO", True, False),
        ("Svara JA", True, False),
        ("Antworten Sie mit JA", True, False),
        ("Send JA til 2345", False, False),
        ("Ikke svar på denne meldingen.", False, False),
        ("Meldingen kan ikke besvares.", False, False),
        ("Please do not reply to this message.", False, False),
        ("Du får svar i morgen.", False, False),
        ("Tilbud! Svar STOPP for å slippe flere.", True, True),
        ("Tilbud! STOPP HELLO til 2345", False, True),
        ("Tilbud! STOPP {{keyword}} til 2345", False, True),
        ("Reply stop to opt out", True, True),
        ("Avmelding: https://example.no/avmeld/x1", False, True),
        ("Neste stopp er Majorstuen", False, False),
        ("Slutt på salget snart", False, False),
        ("Møte kl 12", False, False),
        ("", False, False),
    ],
)
def test_what_an_outgoing_text_tells_people_to_do(text, asks, stops):
    assert (keywords.asks_for_answer(text), keywords.says_how_to_stop(text)) == (asks, stops)


def test_an_edited_list_holds_each_word_once():
    assert keywords.phrases([" Stopp ", "STOPP", "meld  av", "", "!"]) == ["Stopp", "meld av"]
