"""
Where the store holds something of a person: every column that can, and what is done with it; and how a number that
somebody wrote in the middle of a text is found.

A test holds the list against the tables themselves: a column that is new is named here, or it is told why not.
"""

import functools
import re
from collections.abc import Iterator

import phonenumbers

from nextpod_core import msisdn as numbers

# What a column is to a person, by table and column:
#   number  holds one number, and is what the person's rows are found by
#   theirs  belongs to such a row (text, body, id …) and is emptied with it
#   written may hold a number in the middle of somebody's words; it is looked for there, and cut out
#   hash    holds keyed hashes alone, and stays: opt-outs hold by them
#   own     the team's own words; a number in them is told of and not touched, since texts are made from them
#   none    holds nothing of people who are sent to
HOLDS: dict[str, dict[str, str]] = {
    "messages": {"msisdn": "number", "status": "none", "word": "none", "operator_code": "none"},
    "texts": {"text": "theirs", "alphabet": "none"},
    "answers": {"key": "theirs", "override": "theirs", "by": "none"},
    "reports": {
        "msisdn": "number", "body": "theirs", "digest": "theirs", "nextpod_id": "theirs", "reference": "none",
        "source": "none", "status_code": "none", "status_text": "none", "operator_code": "none",
    },
    "message_ids": {"nextpod_id": "none"},  # names a message that names nobody any more
    "inbound": {
        "msisdn": "number", "text": "theirs", "body": "theirs", "digest": "theirs", "nextpod_id": "theirs",
        "person": "hash", "source": "none", "short_code": "none", "keyword": "none", "sub_keyword": "none",
        "received_raw": "none", "verdict": "none",
    },
    "inbound_words": {"folded": "theirs"},
    "numbers": {"msisdn": "theirs"},
    "conversations": {"msisdn": "number", "state": "none", "owner": "none"},
    "labels": {"msisdn": "number", "label": "theirs", "by": "none"},
    "notes": {"msisdn": "number", "text": "written", "by": "none"},
    "suppressions": {
        "msisdn": "number", "note": "written", "lift_reason": "written", "reason": "none", "added_by": "none",
        "lifted_by": "none", "reviewed_by": "none",
    },
    "suppressed_people": {"person": "hash", "how": "none"},
    "consent": {"person": "hash", "what": "none", "how": "none", "version": "none", "chain": "hash"},
    "erasures": {"person": "hash", "msisdn": "number", "asked_by": "none", "waits": "none", "found": "none"},
    "audiences": {"name": "own", "question": "none", "words": "own", "created_by": "none"},
    "audience_people": {"msisdn": "number"},
    "rule_hits": {"msisdn": "number", "held": "none"},
    "forwards": {"state": "none", "error": "written"},
    "imports": {
        "filename": "written", "examples": "written", "spool": "none", "digest": "none", "state": "none",
        "error": "written", "region": "none", "sheet": "none", "sheets": "none", "columns": "written",
        "notes": "written", "counts": "none",
    },
    "staged": {"msisdn": "number", "cells": "theirs", "verdict": "none", "reason": "written"},
    "staged_blocks": {"numbers": "number", "cells": "theirs"},
    "quarantine": {
        "query": "theirs", "body": "theirs", "digest": "theirs", "source": "none", "kind": "none",
        "content_type": "none", "reason": "none",
    },
    "campaigns": {
        "review": "theirs", "pause_reason": "written", "name": "own", "text": "own", "origin": "own", "kind": "none",
        "purpose": "none", "sender": "none", "state": "none", "window_from": "none", "window_to": "none",
        "zone": "none", "created_by": "none",
    },
    "drafts": {
        "name": "own", "text": "own", "origin": "own", "choices": "none", "purpose": "none", "sender": "none",
        "state": "none", "created_by": "none",
    },
    "saved_texts": {"name": "own", "text": "own", "saved_by": "none"},
    "rules": {
        "name": "own", "answer": "own", "words": "own", "short_code": "none", "keyword": "none", "sub_keyword": "none",
        "way": "none", "time_from": "none", "time_to": "none", "sender": "none", "label": "none", "owner": "none",
        "opts": "none", "changed_by": "none",
    },
    "options": {"name": "none", "value": "own"},
    "approvals": {
        "note": "own", "answer": "own", "asked_by": "none", "verdict": "none", "decided_by": "none",
    },
    "letters": {"kind": "none", "recipient": "none", "particulars": "own", "error": "none"},
    "attempts": {"reference": "none", "outcome": "none", "phrase": "written"},
    "batches": {"state": "none", "holder": "none"},
    "alerts": {"kind": "none", "sentence": "written", "error": "none"},
    "brakes": {"name": "none", "reason": "written"},
    # Chained: `people.audit` masks every number before it is written.
    "audit": {
        "detail": "none", "actor": "none", "actor_kind": "none", "address": "none", "action": "none", "subject": "none",
        "subject_id": "none", "chain": "hash",
    },
}  # fmt: skip
# Tables that hold nothing of people who are sent to: the desk's own users, what it counts, how it runs.
WITHOUT = frozenset(
    {
        "meta", "heartbeats", "changes", "watermarks", "senders", "status_words", "moved", "counts", "latencies",
        "reasons", "count_hours", "count_weeks", "latency_weeks", "reason_weeks", "timeline", "inbound_counts",
        "answered", "destinations", "users", "sessions", "links", "sign_in_attempts", "taken",
        "held_back", "_sqlite_migrations",
    }
)  # fmt: skip

_BETWEEN = r"(?:[\s.\-()/+\u00a0\u2010-\u2015]|%20|%2B|%2D){0,3}"
_DROPPED = dict.fromkeys(map(ord, " \t\n\r.-()/+\u00a0\u2010\u2011\u2012\u2013\u2014\u2015"))
_FOREIGN = re.compile(r"(?:(?:\+|00|%2B)\d{1,3}[\s.\-()/\u00a0]{0,3}|\d)$", re.IGNORECASE)
CUT = "…"


class Written:
    """One number as people write it: with and without its country code, with signs between its digits."""

    def __init__(self, msisdn: str) -> None:
        self.msisdn = msisdn
        self._national, code = _parts(msisdn)
        if self._national is None:
            # A name or a short code that somebody wrote from: only as it stands, or every "INFO" would be theirs.
            self._pattern = re.compile(rf"(?<!\w){re.escape(msisdn)}(?!\w)")
            return
        digits = _BETWEEN.join(self._national)
        before = rf"(?:(?:\+|00|%2B)?{_BETWEEN}{code}{_BETWEEN}(?:\(0\){_BETWEEN})?|0)?"
        self._pattern = re.compile(rf"{before}{digits}(?!\d)", re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Whether the number stands in this text."""
        return next(self._found(text), None) is not None

    def cut_from(self, text: str) -> str:
        """The text with the number cut out wherever it stands, and else as it was."""
        kept, at = [], 0
        for start, end in self._found(text):
            kept += [text[at:start], CUT]
            at = end
        return "".join([*kept, text[at:]]) if kept else text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        # Most texts hold nothing of the kind, and this is asked of millions of them.
        if self._national and self._national not in text and self._national not in _squeezed(text):
            return
        for match in self._pattern.finditer(text):
            # The same digits after another country's code are somebody else.
            if self._national is None or not _FOREIGN.search(text[max(0, match.start() - 8) : match.start()]):
                yield match.span()


def _squeezed(text: str) -> str:
    text = text.translate(_DROPPED)
    return text.replace("%20", "").replace("%2B", "").replace("%2b", "").replace("%2D", "") if "%" in text else text


@functools.lru_cache(maxsize=64)
def _parts(msisdn: str) -> tuple[str | None, str]:
    """The national digits and the country code of a number; (None, "") for what is none."""
    if not numbers.is_syntax(msisdn):
        return None, ""
    try:
        read = phonenumbers.parse(f"+{msisdn}")
    except phonenumbers.NumberParseException:
        return msisdn, ""
    national = msisdn.removeprefix(str(read.country_code))
    return (national, str(read.country_code)) if len(national) > 5 else (msisdn, "")
