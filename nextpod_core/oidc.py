"""
The company's own sign-in: its provider is asked who somebody is, and every answer is proved (OpenID Connect Core 1.0).

The authorization code flow with PKCE (RFC 7636). An identity token counts only when it is signed by a key of the
provider with a public-key algorithm, was issued by it, for this desk, lives, and answers the very question that this
browser asked (nonce). Nothing here knows the store; who may come in is `provided.py`.
"""

import base64
import hashlib
import json
import logging
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from nextpod_core.errors import BadInput
from nextpod_core.oidc_settings import Company, is_safe

log = logging.getLogger("nextpod.oidc")

# Never "none", and no HMAC: with those, who knows the client's secret, or the public key, signs in as anybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
PATIENCE = 10.0  # seconds for an answer of the provider
MOST = 1_000_000  # bytes of an answer
KEPT = 3_600_000  # how long what the provider says of itself is believed without asking again
SKEW = 60  # seconds that its clock and ours may differ

Claims = Mapping[str, Any]


class Provider:
    """One provider; what it says of itself and its keys are kept for an hour. Used from several threads."""

    def __init__(self, company: Company, *, ca_file: Path | None = None) -> None:
        self.company, self._ca_file = company, ca_file
        self._lock = threading.Lock()
        self._about: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._asked_at: int | None = None

    def door(self, *, state: str, nonce: str, verifier: str, now: int) -> str:
        """The address at the provider where somebody proves who they are. Raises BadInput when it can't be found."""
        about = self._ask_about(now)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.company.client_id, "redirect_uri": self.company.back,
            "scope": self.company.scopes, "state": state, "nonce": nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        door = about["authorization_endpoint"]
        return f"{door}{'&' if '?' in door else '?'}{urlencode(asked)}"

    def claims(self, code: str, *, nonce: str, verifier: str, now: int) -> Claims:
        """What the provider says of whoever brought `code`, proved. Raises BadInput; the log says why."""
        about = self._ask_about(now)
        given = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.company.back,
            "client_id": self.company.client_id, "code_verifier": verifier,
        }  # fmt: skip
        headers = {}
        if self.company.client_secret:
            methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
            if "client_secret_basic" in methods:
                pair = f"{quote(self.company.client_id, safe='')}:{quote(self.company.client_secret, safe='')}"
                headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
            else:
                given["client_secret"] = self.company.client_secret
        answer = self._ask("POST", about["token_endpoint"], data=given, headers=headers)
        claims = self._prove(str(answer.get("id_token", "")), nonce=nonce, now=now)
        missing = "email" not in claims or not values_at(claims, self.company.claim)
        if missing and about.get("userinfo_endpoint") and answer.get("access_token"):
            more = self._ask("GET", about["userinfo_endpoint"],
                             headers={"authorization": f"Bearer {answer['access_token']}"})  # fmt: skip
            if more.get("sub") == claims["sub"]:  # Core 5.3.2: else it is of somebody else.
                claims = {**more, **claims}
        return claims

    def is_its(self, issuer: str | None, *, now: int) -> bool:
        """Whether an answer is of this provider, by the issuer that it names (RFC 9207) where the provider does so."""
        about = self._ask_about(now)
        says = about.get("authorization_response_iss_parameter_supported") is True
        return issuer == about["issuer"] or (issuer is None and not says)

    def _prove(self, token: str, *, nonce: str, now: int) -> dict[str, Any]:
        try:
            try:
                claims = jwt.decode(token, self._ask_keys(now), algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:  # Its keys were changed since.
                claims = jwt.decode(token, self._ask_keys(now, again=True), algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=now // 1000, leeway=SKEW,
                iss={"essential": True, "value": self._about["issuer"]},
                sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
                aud={"essential": True, "value": self.company.client_id},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)  # fmt: skip
        except (JoseError, ValueError, TypeError, KeyError) as error:
            self._refuse(f"identity token: {type(error).__name__}: {error}", error)
        # Core 3.1.3.7, 4 and 5: a token for several parties was asked for by exactly one.
        others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if not claims["sub"] or claims.get("azp", None if others else self.company.client_id) != self.company.client_id:
            self._refuse("identity token: it was made for somebody else")
        return dict(claims)

    def _ask_about(self, now: int) -> dict[str, Any]:
        with self._lock:
            if self._asked_at is None or not 0 <= now - self._asked_at < KEPT:
                found = self._ask("GET", self.company.home + "/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != self.company.home:
                    self._refuse("its description names another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not isinstance(found.get(name), str) or not is_safe(found[name]):
                        self._refuse(f"its description has no safe {name}")
                self._about, self._keys, self._asked_at = found, None, now
            return self._about

    def _ask_keys(self, now: int, *, again: bool = False) -> KeySet:
        about = self._ask_about(now)
        with self._lock:
            if self._keys is None or again:
                found = self._ask("GET", about["jwks_uri"]).get("keys", [])
                self._keys = KeySet.import_key_set({"keys": [key for key in found if key.get("use", "sig") == "sig"]})
            return self._keys

    def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        trusted = ssl.create_default_context()
        if self._ca_file:  # A company's own authority, beside the usual ones.
            trusted.load_verify_locations(self._ca_file)
        try:
            with (
                httpx.Client(verify=trusted, timeout=PATIENCE, trust_env=False)
                as client,
                client.stream(method, address, **more) as answer,
            ):  # fmt: skip
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST:
                        self._refuse("its answer is too long")
                if answer.status_code != 200:
                    # RFC 6749, 5.2: the error is a word; the rest of the answer may hold what nobody should log.
                    told = json.loads(body).get("error", "") if body[:1] == b"{" else ""
                    self._refuse(f"{method} was answered {answer.status_code} {str(told)[:60]}")
                found = json.loads(body)
        except (httpx.HTTPError, ValueError) as error:
            self._refuse(f"{method}: {type(error).__name__}", error)
        if not isinstance(found, dict):
            self._refuse("its answer is no object")
        return found

    def _refuse(self, why: str, error: Exception | None = None) -> NoReturn:
        log.error("signing in through %s failed: %s", self.company.name, why)
        raise BadInput(
            "Signing in through {name} did not work. Try again; if it fails again, the dashboard's log says why.",
            name=self.company.name,
        ) from error


def values_at(claims: Claims, path: str) -> list[str]:
    """The texts that a claim holds: one, or a list, also inside of others.

    >>> values_at({"groups": ["a", "b", 3]}, "groups"), values_at({"realm": {"roles": ["a"]}}, "realm.roles")
    (['a', 'b'], ['a'])
    >>> values_at({"https://example.no/role": "a"}, "https://example.no/role"), values_at({}, "groups")
    (['a'], [])
    """
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    found = found if isinstance(found, list) else [found]
    return [one for one in found if isinstance(one, str)]
