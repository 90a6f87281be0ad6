"""The sandbox's own small page: the last texts as phones would show them, a text by hand, the magic numbers."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from nextpod_core.sandbox import magic

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Nextpod sandbox",
        "promise": "Nothing leaves this machine.",
        "about": "This is a stand-in for Nextpod with a simulated network behind it. No phone ever rings.",
        "phones": "The last texts",
        "none": "No text yet. Send a campaign from the dashboard, and it shows here.",
        "write": "Write as a subscriber",
        "from": "Mobile number",
        "to": "Short code or number",
        "text": "Text",
        "send": "Send to the inbox",
        "sent": "Handed over. It shows in the inbox within a second.",
        "refused": "Not sent: a number has 7 to 15 digits, a short code 3 to 15, and a text 1 to 1,500 characters.",
        "magic": "Numbers that do as told",
        "magic_about": "Send to one of these, alone or on a list, to see its outcome. Others are left to chance.",
        "number": "Number",
        "outcome": "Outcome",
        "accepted": "texts accepted",
        "recipients": "people",
        "reports_waiting": "reports waiting",
        "incoming_waiting": "answers waiting",
        "balance": "SMS parts left",
        "TO": "to",
        "FROM": "from",
        "DELIVERED": "Delivered",
        "FAILED": "Failed",
        "EXPIRED": "Expired",
        "REJECTED": "Rejected",
        "BUFFERED": "Waiting for the phone",
        "PARKED": "PARKED",
        "WAITING": "On its way to the inbox",
        "TOLD": "In the inbox",
        "": "On its way",
    },
    "nb": {
        "title": "Nextpod-sandkasse",
        "promise": "Ingenting forlater denne maskinen.",
        "about": "Dette er en stedfortreder for Nextpod med et simulert nett bak. Ingen telefon ringer.",
        "phones": "De siste meldingene",
        "none": "Ingen meldinger ennå. Send en utsending fra panelet, så vises den her.",
        "write": "Skriv som abonnent",
        "from": "Mobilnummer",
        "to": "Kortnummer eller nummer",
        "text": "Tekst",
        "send": "Send til innboksen",
        "sent": "Levert videre. Den vises i innboksen innen et sekund.",
        "refused": "Ikke sendt: et nummer har 7 til 15 sifre, et kortnummer 3 til 15, og en tekst 1 til 1 500 tegn.",
        "magic": "Numre som gjør som avtalt",
        "magic_about": "Send til et av disse, alene eller i en liste, og se utfallet. Andre overlates til tilfeldet.",
        "number": "Nummer",
        "outcome": "Utfall",
        "accepted": "meldinger godtatt",
        "recipients": "personer",
        "reports_waiting": "rapporter venter",
        "incoming_waiting": "svar venter",
        "balance": "SMS-deler igjen",
        "TO": "til",
        "FROM": "fra",
        "DELIVERED": "Levert",
        "FAILED": "Feilet",
        "EXPIRED": "Utløpt",
        "REJECTED": "Avvist",
        "BUFFERED": "Venter på telefonen",
        "PARKED": "PARKED",
        "WAITING": "På vei til innboksen",
        "TOLD": "I innboksen",
        "": "På vei",
    },
}

STYLE = """
:root { color-scheme: light dark; --ink: #17211d; --soft: #5b6a63; --line: #dde4e0; --ground: #f6f8f7; --card: #fff;
  --sent: #e8eeeb; --got: #0b6b4f; --good: #0b6b4f; --bad: #b3261e; --wait: #7a5b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eeeb; --soft: #9dada5; --line: #2b3632; --ground: #101513;
  --card: #18201d; --sent: #26312d; --got: #1d7f61; --good: #5fd0a8; --bad: #ff9a91; --wait: #e5c465; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
header, main { max-width: 1080px; margin: 0 auto; padding: 0 20px }
header { padding-top: 28px; padding-bottom: 8px } h1 { font-size: 24px; margin: 0 }
.promise { display: inline-block; margin: 10px 0 4px; padding: 3px 12px; border-radius: 99px; background: var(--got);
  color: #fff; font-weight: 600 }
p { margin: 4px 0; color: var(--soft) }
main { display: grid; grid-template-columns: minmax(0, 3fr) minmax(280px, 2fr); gap: 20px; padding-bottom: 40px }
@media (max-width: 760px) { main { grid-template-columns: minmax(0, 1fr) } }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; min-width: 0;
  margin-bottom: 20px }
h2 { font-size: 16px; margin: 0 0 10px }
.facts { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 16px; color: var(--soft) }
.facts b { color: var(--ink); font-variant-numeric: tabular-nums }
.text { display: flex; flex-direction: column; align-items: flex-start; margin: 0 0 12px }
.text.from { align-items: flex-end }
.bubble { max-width: 85%; padding: 8px 12px; border-radius: 16px 16px 16px 4px; background: var(--sent);
  white-space: pre-wrap; overflow-wrap: anywhere }
.from .bubble { border-radius: 16px 16px 4px; background: var(--got); color: #fff }
small { color: var(--soft); font-size: 12.5px } small b { font-weight: 600; color: var(--ink) }
.DELIVERED, .TOLD { color: var(--good) } .FAILED, .EXPIRED, .REJECTED { color: var(--bad) }
.BUFFERED, .PARKED, .WAITING { color: var(--wait) }
label { display: block; font-weight: 600; margin: 10px 0 3px }
input, textarea { width: 100%; padding: 8px 10px; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: 8px }
button { margin-top: 14px; padding: 9px 16px; font: inherit; font-weight: 600; color: #fff; background: var(--got);
  border: 0; border-radius: 8px; cursor: pointer }
:focus-visible { outline: 2px solid var(--good); outline-offset: 2px }
table { border-collapse: collapse; width: 100%; font-size: 13.5px }
th { text-align: left; color: var(--soft); font-weight: 600 }
td, th { padding: 5px 8px 5px 0; border-top: 1px solid var(--line); vertical-align: top }
td:first-child { font-family: ui-monospace, monospace; white-space: nowrap }
.note { padding: 8px 12px; border-radius: 8px; border: 1px solid var(--line); color: var(--ink) }
"""

# The list is fetched again every two seconds; what is being typed beside it is left alone.
SCRIPT = """
setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch("/sandbox/phones");
    if (!answer.ok) return;
    const html = await answer.text(), list = document.getElementById("phones");
    if (list.dataset.last !== html) { list.innerHTML = html; list.dataset.last = html; }
  } catch (away) {}
}, 2000);
"""


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows: counts by name, and the last texts, newest first."""

    facts: dict[str, int]
    texts: list[dict[str, Any]]
    note: str = ""  # sent, refused or nothing


def language(accept: str) -> str:
    """nb or en, whichever the browser's Accept-Language names first.

    >>> language("nb-NO,nb;q=0.9,en;q=0.8"), language("en-GB,nb;q=0.5"), language("fi"), language("da;q=0.2, no")
    ('nb', 'en', 'en', 'nb')
    """
    wanted: list[tuple[float, str]] = []
    for entry in accept.split(",")[:20]:
        tag, _, weight = entry.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.lower().partition("-")[0]))
        except ValueError:
            continue
    for _, tag in sorted(wanted, key=lambda each: each[0]):
        if tag in ("nb", "no", "nn"):
            return "nb"
        if tag == "en":
            return "en"
    return "en"


def phones(view: View, lang: str) -> str:
    """The part of the page that is fetched again: counts and the last texts."""
    words = WORDS[lang]
    facts = "".join(
        f"<span><b>{f'{count:,}'.replace(',', ' ')}</b> {escape(words[name])}</span>"
        for name, count in view.facts.items()
    )
    texts = "".join(_bubble(text, words) for text in view.texts) or f"<p>{escape(words['none'])}</p>"
    return f'<div class="facts">{facts}</div>{texts}'


def _bubble(text: dict[str, Any], words: dict[str, str]) -> str:
    word = text["word"] or ""
    status = f'<span class="{escape(word)}">{escape(words.get(word, word))}</span>'
    when = datetime.fromtimestamp(text["at"] / 1000).strftime("%d.%m. %H:%M:%S")  # the machine's own zone
    ends = (
        f"<b>{escape(text['other'])}</b> {words['TO']} {escape(text['msisdn'])}"
        if text["way"] == "to"
        else f"<b>{escape(text['msisdn'])}</b> {words['TO']} {escape(text['other'])}"
    )
    return (
        f'<div class="text {text["way"]}"><div class="bubble">{escape(text["text"])}</div>'
        f"<small>{ends} · {when} · {status}</small></div>"
    )


def whole(view: View, lang: str, *, nonce: str, short_code: str) -> str:
    """The page, complete in itself."""
    words = {name: escape(word) for name, word in WORDS[lang].items()}
    rows = "".join(
        f"<tr><td>{each.number}</td><td>{escape(each.nb if lang == 'nb' else each.en)}</td></tr>"
        for each in magic.TABLE
    )
    note = f'<p class="note" role="status">{words[view.note]}</p>' if view.note in ("sent", "refused") else ""
    return f"""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{words["title"]}</title><link rel="icon" href="data:,"><style nonce="{nonce}">{STYLE}</style></head><body>
<header><h1>{words["title"]}</h1><div class="promise">{words["promise"]}</div><p>{words["about"]}</p></header>
<main><div><section><h2>{words["phones"]}</h2><div id="phones">{phones(view, lang)}</div></section></div>
<div><section><h2>{words["write"]}</h2>{note}<form method="post" action="/sandbox/mo">
<label for="from">{words["from"]}</label>
<input id="from" name="from" inputmode="numeric" required maxlength="15" pattern="[0-9]{{7,15}}"
 placeholder="4799999011">
<label for="to">{words["to"]}</label>
<input id="to" name="to" inputmode="numeric" required maxlength="15" pattern="[0-9]{{3,15}}"
 value="{escape(short_code)}">
<label for="text">{words["text"]}</label>
<textarea id="text" name="text" rows="3" required maxlength="1500" placeholder="JA"></textarea>
<button>{words["send"]}</button></form></section>
<section><h2>{words["magic"]}</h2><p>{words["magic_about"]}</p>
<table><tr><th>{words["number"]}</th><th>{words["outcome"]}</th></tr>{rows}</table></section></div></main>
<script nonce="{nonce}">{SCRIPT}</script></body></html>"""
