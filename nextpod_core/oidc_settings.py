"""The settings of signing in through a company's own provider (OpenID Connect): `NEXTPOD_OIDC_*`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from nextpod_core.errors import WrongSettings

DEFAULTS: dict[str, str] = {
    "NEXTPOD_OIDC_ISSUER": "",
    "NEXTPOD_OIDC_CLIENT_ID": "",
    "NEXTPOD_OIDC_CLIENT_SECRET": "",
    "NEXTPOD_OIDC_NAME": "",  # the host of the issuer
    "NEXTPOD_OIDC_SCOPES": "openid email profile",
    "NEXTPOD_OIDC_CLAIM": "groups",
    "NEXTPOD_OIDC_ROLES": "",
    "NEXTPOD_OIDC_PASSWORDS": "yes",
}
# What a role may be, the strongest last: of several that a person's groups give, the strongest holds.
ROLES = ("viewer", "agent", "editor", "approver", "admin")


@dataclass(frozen=True, slots=True)
class Company:
    """A provider and what of it is believed. `roles`: the desk's role by the value of `claim`, the strongest first."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)  # empty: a public client, held by PKCE alone
    name: str
    scopes: str
    claim: str
    roles: tuple[tuple[str, str], ...]
    passwords: bool  # whether those who come through the provider may have a password at the desk too
    back: str  # the address that the provider sends them back to; registered there

    @property
    def home(self) -> str:
        """The issuer without a slash at its end, under which everything of it is found."""
        return self.issuer.rstrip("/")


def read(raw: Mapping[str, str], *, dashboard_url: str) -> Company | None:
    """What the environment says; None when no provider is named. Raises WrongSettings."""
    issuer = raw["NEXTPOD_OIDC_ISSUER"]
    if not issuer:
        return None
    url = urlsplit(issuer)
    if not is_safe(issuer) or url.query or url.fragment:
        raise WrongSettings("NEXTPOD_OIDC_ISSUER must be an https address such as https://login.example.no/team.")
    if not raw["NEXTPOD_OIDC_CLIENT_ID"] or not raw["NEXTPOD_OIDC_ROLES"]:
        raise WrongSettings(
            "NEXTPOD_OIDC_ISSUER needs NEXTPOD_OIDC_CLIENT_ID, and NEXTPOD_OIDC_ROLES such as "
            "sms-team=editor,sms-leaders=admin: without it nobody would have a role."
        )
    if not is_safe(dashboard_url):
        raise WrongSettings(
            "NEXTPOD_OIDC_ISSUER needs NEXTPOD_DASHBOARD_URL, the https address of the dashboard: the provider sends "
            "people back to it."
        )
    if "openid" not in raw["NEXTPOD_OIDC_SCOPES"].split():
        raise WrongSettings("NEXTPOD_OIDC_SCOPES must hold openid.")
    if raw["NEXTPOD_OIDC_PASSWORDS"].lower() not in ("yes", "no"):
        raise WrongSettings("{name} must be one of {allowed}; it is {value}.", name="NEXTPOD_OIDC_PASSWORDS",
                            allowed="yes, no", value=raw["NEXTPOD_OIDC_PASSWORDS"])  # fmt: skip
    return Company(
        issuer=issuer,
        client_id=raw["NEXTPOD_OIDC_CLIENT_ID"],
        client_secret=raw["NEXTPOD_OIDC_CLIENT_SECRET"],
        name=raw["NEXTPOD_OIDC_NAME"] or url.hostname or "",
        scopes=raw["NEXTPOD_OIDC_SCOPES"],
        claim=raw["NEXTPOD_OIDC_CLAIM"],
        roles=_roles(raw["NEXTPOD_OIDC_ROLES"]),
        passwords=raw["NEXTPOD_OIDC_PASSWORDS"].lower() == "yes",
        back=dashboard_url + "/oidc/back",
    )


def is_safe(address: str) -> bool:
    """Whether what is sent there travels protected: https, or plain on this machine.

    >>> is_safe("https://login.example.no"), is_safe("http://127.0.0.1:9"), is_safe("http://login.example.no")
    (True, True, False)
    """
    url = urlsplit(address)
    here = url.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(url.hostname) and (url.scheme == "https" or url.scheme == "http" and here)


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for part in text.split(","):
        value, _, role = (piece.strip() for piece in part.rpartition("="))
        if not value or role not in ROLES:
            raise WrongSettings(
                "NEXTPOD_OIDC_ROLES must be pairs with commas, such as sms-team=editor,sms-leaders=admin; the roles "
                "are {roles}.", roles=", ".join(ROLES),
            )  # fmt: skip
        found.append((value, role))
    return tuple(sorted(found, key=lambda pair: -ROLES.index(pair[1])))
