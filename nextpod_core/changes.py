"""What is new: a number per topic that grows with each change, so that an open page draws only when it must."""

from typing import Literal

from nextpod_core.db import Connection

Topic = Literal["campaigns", "messages", "inbox", "suppressions", "brakes", "options", "imports", "quarantine"]


def bump(db: Connection, topic: Topic) -> None:
    """Say, within the caller's transaction, that something of this topic changed."""
    db.execute(
        "INSERT INTO changes VALUES (:topic, 1) ON CONFLICT (topic) DO UPDATE SET version = version + 1",
        {"topic": topic},
    )


def versions(db: Connection) -> dict[str, int]:
    """The number of every topic that ever changed."""
    return {row["topic"]: row["version"] for row in db.execute("SELECT topic, version FROM changes")}
