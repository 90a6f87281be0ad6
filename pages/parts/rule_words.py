"""A keyword rule, and what it would have done, as sentences."""

from nextpod_core import audiences, forwards
from nextpod_core.automation import Held
from nextpod_core.db import Connection
from nextpod_core.rules import Rule
from nextpod_core.sentences import Sentence, say
from pages.parts import person
from pages.parts.words import _, list_of, n_, tr

HELD: dict[str, Sentence] = {
    Held.SUPPRESSED: say("has opted out"),
    Held.NO_NUMBER: say("no number that can be answered"),
    Held.ANSWERED_LATELY: say("answered already in that time"),
    Held.MOST_ANSWERS: say("answered often enough for one day"),
    Held.MACHINE: say("writes too fast for a person"),
    Held.ECHO: say("our own text, sent back"),
    Held.TOO_OLD: say("too old to answer"),
    Held.UNFILLED: say("the answer would have had a hole"),
    Held.MOST_FORWARDS: say("forwarded often enough for one hour"),
    Held.FAILED: say("failed, and was undone"),
}
WAYS: dict[str, Sentence] = {
    "contains": say("The text contains"),
    "begins": say("The text begins with"),
    "is": say("The whole text is"),
}


def held(why: str | None) -> str:
    """Why something was held back; nothing for None."""
    return tr(HELD[why]) if why in HELD else why or ""


def when(rule: Rule) -> str:
    """Which messages it is for, as the first half of a sentence; Markdown."""
    parts = []
    if rule.short_code:
        parts.append(_("to {number}", number=_b(rule.short_code)))
    if rule.keyword and rule.sub_keyword:
        parts.append(_("with the keywords {first} {second}", first=_b(rule.keyword), second=_b(rule.sub_keyword)))
    elif rule.keyword:
        parts.append(_("with the keyword {word}", word=_b(rule.keyword)))
    elif rule.sub_keyword:
        parts.append(_("with the second keyword {word}", word=_b(rule.sub_keyword)))
    if rule.way:
        shown = [_b(word) for word in rule.phrases[:4]]
        if len(rule.phrases) > 4:
            shown.append(n_("{count} other", "{count} others", len(rule.phrases) - 4))
        told = " / ".join(shown)
        parts.append(
            {
                "contains": _("that contains {words}", words=told),
                "begins": _("that begins with {words}", words=told),
                "is": _("that is {words}", words=told),
            }[rule.way]
        )
    if rule.time_from and rule.time_to:
        parts.append(_("between {start} and {end}", start=rule.time_from, end=rule.time_to))
    return _("A message {which}:", which=", ".join(parts)) if parts else _("Every message:")


def then(db: Connection, rule: Rule) -> str:
    """What is done with them, as the second half; Markdown."""
    return list_of(_deeds(db, rule)) + "." + (" " + _("No further rule is asked.") if rule.is_last else "")


def _deeds(db: Connection, rule: Rule) -> list[str]:
    parts = []
    if rule.answer:
        told = _("“{words}”", words=person.label(rule.answer, 120))
        parts.append(
            _("answer {what}, once in {hours} hours to each", what=told, hours=rule.answer_hours)
            if rule.answer_hours > 1
            else _("answer {what}, once an hour to each", what=told)
        )
    if rule.label:
        parts.append(_("label it {label}", label=_b(rule.label)))
    if rule.owner:
        parts.append(_("hand it to {who}", who=_b(rule.owner)))
    if rule.opts == "out":
        parts.append(_("**opt the person out**"))
    elif rule.opts == "in":
        parts.append(_("opt the person in again"))
    addresses = {one.id: one.address for one in forwards.destinations(db)}
    for number in filter(None, (rule.email_id, rule.webhook_id)):
        parts.append(_("forward it to {address}", address=_b(addresses.get(number, "–"))))
    names = {one.id: one.name for one in audiences.every(db)}
    if rule.add_to:
        parts.append(_("put the person into {audience}", audience=_b(names.get(rule.add_to, "–"))))
    if rule.remove_from:
        parts.append(_("take the person out of {audience}", audience=_b(names.get(rule.remove_from, "–"))))
    if rule.closes:
        parts.append(_("close it"))
    return parts or [_("do nothing")]


def _b(text: str, most: int = 60) -> str:
    return f"**{person.label(text, most)}**"
