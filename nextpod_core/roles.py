"""Who may do what: every action of the desk, and the roles that may take it. Asked by the nouns before they change."""

from typing import Literal, get_args

from nextpod_core.errors import NotPermitted
from nextpod_core.people import Actor, Role

ROLES: tuple[Role, ...] = get_args(Role)

Action = Literal[
    "figures.read",
    "numbers.read",
    "inbox.handle",
    "suppression.add",
    "suppression.lift",
    "suppression.import",
    "sending.stop",
    "campaign.compose",
    "campaign.stop",
    "test.send",
    "campaign.send",
    "campaign.approve",
    "campaign.resume",
    "unknown.decide",
    "sending.resume",
    "reports.mend",
    "senders.change",
    "options.change",
    "rules.change",
    "people.change",
    "audit.read",
    "person.export",
    "person.erase",
]

_EVERYBODY: frozenset[Role] = frozenset(ROLES)
_DESK: frozenset[Role] = frozenset({"agent", "editor", "approver", "admin"})
_WRITERS: frozenset[Role] = frozenset({"editor", "approver", "admin"})
_SENDERS: frozenset[Role] = frozenset({"approver", "admin"})
_ADMINS: frozenset[Role] = frozenset({"admin"})

# The one table. A cell that is not here is a no; docs/security.md shows it, tests walk it cell by cell.
MAY: dict[Action, frozenset[Role]] = {
    "figures.read": _EVERYBODY,
    "numbers.read": _DESK,
    "inbox.handle": _DESK,
    "suppression.add": _DESK,
    "suppression.lift": _DESK,
    "suppression.import": _WRITERS,
    "sending.stop": _DESK,  # Stopping harms nobody; letting it go on is for those who answer for what leaves.
    "campaign.compose": _WRITERS,
    "campaign.stop": _WRITERS,
    "test.send": _WRITERS,
    "campaign.send": _SENDERS,
    "campaign.approve": _SENDERS,
    "campaign.resume": _SENDERS,
    "unknown.decide": _SENDERS,
    "sending.resume": _SENDERS,
    "reports.mend": _SENDERS,
    "senders.change": _ADMINS,
    "options.change": _ADMINS,
    "rules.change": _ADMINS,
    "people.change": _ADMINS,
    "audit.read": _ADMINS,
    "person.export": _SENDERS,  # Everything about one person in one file.
    "person.erase": _ADMINS,  # It can't be undone.
}

# What one must be allowed to do for a page to stand in one's menu; a page that is not here stands in nobody's.
PAGES: dict[str, Action] = {
    "overview": "figures.read",
    "campaigns": "figures.read",
    "analytics": "figures.read",
    "account": "figures.read",
    "inbox": "inbox.handle",
    "suppressions": "suppression.add",
    "compose": "campaign.compose",
    "health": "reports.mend",
    "settings": "options.change",
    "people": "people.change",
}


def may(by: Actor, action: Action) -> bool:
    """Whether `by` may do this. Systems and commands may do everything: who can start them holds the file itself."""
    return by.kind != "person" or by.role in MAY[action]


def allow(by: Actor, action: Action) -> None:
    """Raise NotPermitted unless `by` may do this. The first line of every function that changes something for people.

    >>> allow(Actor("person", "ada@example.test", role="admin"), "people.change")
    """
    if may(by, action):
        return
    if by.role is None:
        raise NotPermitted("You are signed out. Sign in again; nothing was changed.")
    raise NotPermitted("Your role ({role}) doesn't allow this. Ask an administrator of the desk.", role=by.role)


def may_open(by: Actor, page: str) -> bool:
    """Whether the page `page`, such as "inbox", is for `by`."""
    return page in PAGES and may(by, PAGES[page])
