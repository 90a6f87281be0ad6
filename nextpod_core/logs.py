"""
What the processes say of themselves: a line a happening, to standard error, or as JSON to standard output.

No number of a person and no text belongs in a log: it is kept longer, and read by more, than the database. What looks
like a number is cut down here all the same, in case an error's own words hold one.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from nextpod_core.settings import Settings

# Eight digits are the shortest Norwegian number. Times and sizes of ours are written with signs between or are short.
_NUMBER = re.compile(r"(?<![\w.:-])\+?\d{5,12}(\d{3})(?![\w-])")


class Masked(logging.Formatter):
    """A line of text without numbers of people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, what looks like a number cut down to its last three digits."""
        return mask(super().format(record))


class Json(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": mask(record.getMessage()),
        }  # fmt: skip
        if record.exc_info:
            told["error"] = mask(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def mask(text: str) -> str:
    """
    >>> mask("4791726200 is not +4745848412; 30000 rows in 12345678")
    '…200 is not …412; 30000 rows in …678'
    """
    return _NUMBER.sub(r"…\1", text)


def begin(settings: Settings) -> None:
    """Set up the logs of this process."""
    as_json = settings.log_format == "json"
    handler = logging.StreamHandler(sys.stdout if as_json else sys.stderr)
    handler.setFormatter(Json() if as_json else Masked("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
