"""
Everything this package raises on purpose:

* NextpodError
  - BadInput        a person can mend it; the sentence is shown as it stands
    . NotPermitted    their role does not allow it; an administrator can mend that
  - WrongStore      this database must not be used like this; the process stops with the sentence
  - WrongSettings   the environment must be mended; the process stops with the sentence
  - ApiError        Nextpod answered, and the answer was no
    . Rejected        400, 413: this request will never pass
    . NotAllowed      401, 403: no request will pass until the key is mended
    . OutOfCredit     402: no request will pass until the account is filled
    . Blocked         429: wait twenty minutes
    . ServerFault     500: "transaction failed"; can't be proved, so it is held until reports had time to come
  - NotSent         no connection was made, so nothing was sent
  - Unknown         the request left, no answer that can be trusted came: it may have been sent
    . WrongAddress    3xx, 404, 405: something answered that is not the API; nothing more should go there
"""

from nextpod_core.sentences import Sentence, say

Value = str | int | float | None


class NextpodError(Exception):
    """The root; never raised itself."""


class Said(NextpodError):
    """An error whose text is a sentence for people: `str(error)` in English, `error.sentence` to translate."""

    def __init__(self, text: str | Sentence, **values: Value) -> None:
        self.sentence: Sentence = say(text, **values) if isinstance(text, str) else text
        super().__init__(str(self.sentence))


class BadInput(Said):
    """What was asked can't be done as it stands, and the person can mend it."""


class NotPermitted(BadInput):
    """Whoever asks may not do this: nobody is signed in, or their role does not allow it. Nothing was changed."""


class WrongStore(Said):
    """The database is of another kind, newer, sealed, or its key file is missing or wrong."""


class WrongSettings(Said):
    """A `NEXTPOD_*` variable is missing, wrong or unsafe."""


class ApiError(NextpodError):
    """Nextpod's own answer to a request, other than 200. `phrase` is the HTTP reason phrase, where the reason is."""

    def __init__(self, code: int, phrase: str, body: str = "", *, retry_after: float | None = None) -> None:
        self.code, self.phrase, self.body, self.retry_after = code, phrase, body, retry_after
        super().__init__(f"{code} {phrase}".strip())


class Rejected(ApiError):
    """400 or 413: nothing was sent, and the same request will never pass."""


class NotAllowed(ApiError):
    """401 or 403: nothing was sent; the key or its restrictions are at fault."""


class OutOfCredit(ApiError):
    """402: nothing was sent; the prepaid account is empty."""


class Blocked(ApiError):
    """429: nothing was sent; too many failed requests, wait `retry_after` seconds or twenty minutes."""


class ServerFault(ApiError):
    """500: the document says that the transaction failed, which nobody can prove."""


class NotSent(NextpodError):
    """Proved: not one byte of the request reached the other side as a request. It may be tried again."""


class Unknown(NextpodError):
    """The request may have left and what became of it is not known. Never to be repeated by a machine."""


class WrongAddress(Unknown):
    """3xx, 404 or 405: the address does not lead to the API."""
