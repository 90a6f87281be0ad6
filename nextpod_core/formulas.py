"""What a spreadsheet would take for a formula, in one place: whoever is asked may write it, and files carry it on."""

# OWASP, CSV injection; and the full-width forms, which some programs read as the plain ones.
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def begins(text: str) -> bool:
    """Whether `text` begins as a formula does.

    >>> begins("=1+1"), begins("＝1+1"), begins("Ja takk")
    (True, True, False)
    """
    return text.startswith(BEGINNINGS)


def tame(text: str) -> str:
    """`text` for a file, harmless in a spreadsheet.

    >>> tame("=1+1"), tame("Ja takk"), tame("-5"), tame("＠SUM(A1)")
    ("'=1+1", 'Ja takk', "'-5", "'＠SUM(A1)")
    """
    return f"'{text}" if begins(text) else text


def shown(text: str) -> str:
    """`text` for a table on a page, whose own download takes cells as they are: a joiner nobody sees stands before it.

    >>> shown("=1+1") == "\\u2060=1+1", shown("Ja takk")
    (True, 'Ja takk')
    """
    return f"\u2060{text}" if begins(text) else text
