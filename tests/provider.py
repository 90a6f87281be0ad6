"""A small OpenID provider on this machine: it lets in whoever `says` names, and lies when a test asks it to."""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "desk", "a secret of the desk"


@dataclass(slots=True)
class Provider:
    """`says`: the claims of whoever signs in next; `lies`: claims put over those at the end.

    Times among the lies are seconds from now.
    """

    issuer: str
    says: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: Any = None
    sign_with: Any = None
    more: dict[str, Any] = field(default_factory=dict)  # what only the userinfo endpoint says
    answer: dict[str, str] | None = None  # in place of a code
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def well_behaved(self, **says: Any) -> None:
        """Everything as it should be again; the next one is who `says` tells."""
        self.says, self.lies, self.more, self.answer, self.sign_with = says, {}, {}, None, None
        self.algorithm = "RS256"

    def about(self) -> dict[str, Any]:
        places = ("authorization", "token", "userinfo")
        return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"} | {
            f"{place}_endpoint": f"{self.issuer}/{place}" for place in places
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        code = secrets.token_urlsafe(12)
        self.asked[code] = query
        given = self.answer or {"code": code, "iss": self.issuer}
        return query["redirect_uri"] + "?" + urlencode({**given, "state": query["state"]})

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        query = self.asked.pop(form.get("code", ""), None)  # A code is good once.
        pair = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        challenge = encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            query is None
            or authorization != f"Basic {pair}"
            or query["code_challenge_method"] != "S256"
            or query["code_challenge"] != challenge
            or query["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": query["nonce"], **self.says}
        lies = {name: now + value if name in ("exp", "iat", "nbf") and isinstance(value, int) else value
                for name, value in self.lies.items()}  # fmt: skip
        claims = {name: value for name, value in {**claims, **lies}.items() if value is not None}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.sign(claims)}

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm in ("none", "HS256"):  # By hand: the library itself would refuse to make these.
            signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
            mark = hmac.digest(self.sign_with, signed.encode(), "sha256") if self.algorithm == "HS256" else b""
            return f"{signed}.{encoded(mark)}"
        return jwt.encode(header, claims, self.sign_with or self.key, algorithms=[self.algorithm])


class Handler(BaseHTTPRequestHandler):
    """One request; what it says is the provider's."""

    provider: Provider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.provider.calls.append(url.path)
        match url.path.removeprefix(urlsplit(self.provider.issuer).path):
            case "/.well-known/openid-configuration":
                self._say(200, self.provider.about())
            case "/keys":
                self._say(200, {"keys": [self.provider.key.as_dict(private=False, use="sig")]})
            case "/userinfo" if self.headers.get("authorization") == "Bearer opaque":
                self._say(200, {"sub": self.provider.says["sub"], **self.provider.more})
            case "/authorization":
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                self.send_response(302)
                self.send_header("location", self.provider.authorize(query))
                self.end_headers()
            case _:
                self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._say(*self.provider.token(form, self.headers.get("authorization", "")))

    def _say(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def serving() -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    handler = type("Bound", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.provider = Provider(f"http://127.0.0.1:{server.server_port}/realm", key=new_key("one"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield handler.provider
    finally:
        server.shutdown()
        server.server_close()


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def new_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name})
