"""Small secrets: keyed hashes of tokens, signatures of cookies, and the one-time codes of an authenticator app."""

import base64
import binascii
import hashlib
import hmac
import secrets

STEP_MS = 30_000
_SEALED = 20
_NONCE = 12


def keyed(key: bytes, purpose: str, value: str) -> bytes:
    """What is kept of a secret `value`: who reads the file can't use it, and without the key file can't make one."""
    return hmac.new(key, f"{purpose}\x00{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def sign(key: bytes, purpose: str, value: str) -> str:
    """`value` with its signature behind a dot, for a cookie or a form."""
    return f"{value}.{keyed(key, purpose, value).hex()[:32]}"


def signed(key: bytes, purpose: str, text: str) -> str | None:
    """The value of what `sign` made; None for anything else.

    >>> signed(b"k", "form", sign(b"k", "form", "a.b")), signed(b"k", "form", "a.b.0"), signed(b"j", "form", "")
    ('a.b', None, None)
    """
    value, _, _signature = text.rpartition(".")
    return value if value and hmac.compare_digest(sign(key, purpose, value).encode(), _bytes(text)) else None


def new_secret() -> str:
    """A secret for an authenticator app, in base32: 160 bits (RFC 4226, 4)."""
    return base64.b32encode(secrets.token_bytes(_SEALED)).decode()


def decode(secret: str) -> bytes:
    """The bytes of a base32 secret; none at all for one that can't be read."""
    try:
        return base64.b32decode(secret.replace(" ", "").upper())
    except (binascii.Error, ValueError):
        return b""


def veil(key: bytes, text: str) -> str:
    """A text of at most 400 bytes as letters that only this key can read again; the same text gives the same letters.

    >>> unveil(b"k", veil(b"k", "4791726200"))
    '4791726200'
    """
    plain = _bytes(text)
    nonce = _nonce(key, plain)
    return base64.urlsafe_b64encode(nonce + _blurred(key, nonce, plain)).decode().rstrip("=")


def unveil(key: bytes, letters: str) -> str:
    """What `veil` was given; "" for letters that were cut, changed, or made with another key."""
    try:
        sealed = base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True)
        plain = _blurred(key, sealed[:_NONCE], sealed[_NONCE:])
        return plain.decode() if hmac.compare_digest(_nonce(key, plain), sealed[:_NONCE]) else ""
    except ValueError:
        return ""


def _nonce(key: bytes, plain: bytes) -> bytes:
    return hmac.digest(key, b"veil\x1f" + plain, "sha256")[:_NONCE]


def _blurred(key: bytes, nonce: bytes, text: bytes) -> bytes:
    pad = b"".join(hmac.digest(key, b"veiled\x1f" + nonce + bytes([at]), "sha512") for at in range(len(text) // 64 + 1))
    return bytes(a ^ b for a, b in zip(text, pad, strict=False))


def code_at(secret: bytes, step: int) -> str:
    """The six digits of one step of thirty seconds (RFC 6238 over RFC 4226).

    >>> code_at(b"12345678901234567890", 59_000 // STEP_MS)
    '287082'
    """
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 15
    return str((int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF) % 1_000_000).zfill(6)


def matching_step(secret: bytes, code: str, *, now: int) -> int | None:
    """The step that `code` belongs to, one before or after this one allowed for clocks; None when it fits none."""
    typed, at = _bytes("".join(code.split())[:12]), now // STEP_MS
    fits = (step for step in (at, at - 1, at + 1) if hmac.compare_digest(code_at(secret, step).encode(), typed))
    return next(fits, None) if secret else None


def seal(key: bytes, secret: bytes) -> bytes:
    """The secret of an app as it is kept: useless without the key file."""
    nonce = secrets.token_bytes(16)
    return nonce + bytes(a ^ b for a, b in zip(secret, _pad(key, nonce), strict=True))


def open(key: bytes, sealed: bytes) -> bytes:
    """What `seal` was given."""
    return bytes(a ^ b for a, b in zip(sealed[16:], _pad(key, sealed[:16]), strict=True))


def _pad(key: bytes, nonce: bytes) -> bytes:
    return hmac.new(key, b"totp\x00" + nonce, hashlib.sha256).digest()[:_SEALED]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
