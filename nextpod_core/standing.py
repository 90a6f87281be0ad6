"""Who must not be sent to, kept in memory while a whole list is checked: asking of each number costs a microsecond."""

from collections.abc import Iterable

from nextpod_core import changes, consent, suppressions
from nextpod_core.db import Connection

MOST = 250_000  # 16 MB. A longer list is asked in the store, a thousand numbers at a time.


class Standing:
    """The suppressions in force, up to `most` of them. `among` holds for the instant of the last `refresh`."""

    def __init__(self, db: Connection, most: int = MOST) -> None:
        self.db, self.most = db, most
        self.last = 0
        self.version: int | None = None
        self.numbers: set[int] | None = set()
        self.people: set[bytes] = set()
        self.refresh()

    def refresh(self) -> None:
        """Take in what came meanwhile. What is lifted meanwhile stays: the claim asks once more anyway."""
        version = changes.versions(self.db).get("suppressions", 0)
        if self.numbers is None or version == self.version:
            return
        self.version = version
        found = self.db.execute(
            """
            SELECT id, msisdn FROM suppressions
             WHERE id > :last AND lifted_at IS NULL
             ORDER BY id
             LIMIT :most
            """,
            {"last": self.last, "most": self.most + 1},
        ).fetchall()
        people = self.db.execute("SELECT person FROM suppressed_people LIMIT :most", {"most": self.most + 1}).fetchall()
        if len(found) + len(self.numbers) > self.most or len(people) > self.most:
            self.numbers = None
            return
        self.people = {row["person"] for row in people}
        for row in found:
            self.last = row["id"]
            if row["msisdn"].isascii() and row["msisdn"].isdigit() and row["msisdn"][0] != "0":
                self.numbers.add(int(row["msisdn"]))

    def among(self, msisdns: Iterable[str]) -> set[str]:
        """Those of `msisdns` (digits) that must not be sent to."""
        if self.numbers is None:
            return suppressions.suppressed_among(self.db, list(msisdns))
        if not self.numbers and not self.people:
            return set()
        known = list(msisdns)
        found = {str(number) for number in self.numbers.intersection(map(int, known))} if self.numbers else set()
        if self.people:
            found.update(each for each in known if consent.person(self.db, each) in self.people)
        return found
