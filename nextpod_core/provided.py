"""Those who come in through the company's own provider: who they are here, and which role its claim gives them."""

from collections.abc import Mapping
from typing import Any, cast

from nextpod_core import accounts
from nextpod_core.accounts import User
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.oidc import values_at
from nextpod_core.oidc_settings import Company
from nextpod_core.people import Actor, Role, audit

PROVIDER = Actor("system", "company sign-in")


def role_of(company: Company, claims: Mapping[str, Any]) -> Role | None:
    """The strongest role that the claim gives; None when it gives none."""
    has = set(values_at(claims, company.claim))
    return next((cast(Role, role) for value, role in company.roles if value in has), None)


def let_in(db: Connection, company: Company, claims: Mapping[str, Any], *, address: str | None, now: int) -> User:
    """Who this is at the desk, with the role that the claim gives at this moment; made when they come the first time.

    They are known by issuer and subject, never by the e-mail alone: an e-mail can be given to somebody else. An account
    that was here before is joined only when the provider says that the e-mail was proved to be theirs. Raises BadInput.
    """
    by = Actor("system", PROVIDER.name, address)
    identity = f"{claims['iss']} {claims['sub']}"
    role = role_of(company, claims)
    if role is None:
        raise BadInput(
            "{name} knows you, but gives you no role at this desk. Ask whoever keeps the groups there.",
            name=company.name,
        )
    with transaction(db):
        row = db.execute("SELECT * FROM users WHERE provider_id = :id", {"id": identity}).fetchone()
        if row is None:
            row = _first_time(db, company, claims, identity=identity, role=role, by=by, now=now)
        if row["removed_at"] is not None:
            raise BadInput("An administrator took you off this desk. Ask one to let you in again.")
        if row["role"] != role:
            db.execute("UPDATE users SET role = :role WHERE id = :id", {"role": role, "id": row["id"]})
            audit(db, by=by, action="people.role", now=now, subject="user", subject_id=row["email"],
                  detail={"before": row["role"], "after": role})  # fmt: skip
    user = accounts.get(db, row["id"])
    assert user is not None
    return user


def _first_time(db: Connection, company: Company, claims: Mapping[str, Any], *, identity: str, role: Role, by: Actor,
                now: int) -> Any:  # fmt: skip
    if not isinstance(claims.get("email"), str):
        raise BadInput("{name} does not say which e-mail is yours. Ask whoever keeps it to pass it on.",
                       name=company.name)  # fmt: skip
    email = accounts.read_email(claims["email"])
    proved = claims.get("email_verified")  # Some providers write true as a text, some leave it out.
    is_theirs = proved is True or proved == "true"
    row = db.execute("SELECT * FROM users WHERE email = :email", {"email": email}).fetchone()
    if row is not None:
        if row["removed_at"] is not None:
            return row
        if row["provider_id"] is not None:
            raise BadInput(
                "{email} belongs to somebody else's account at {name}. An administrator can remove it here and let "
                "you in anew.", email=email, name=company.name,
            )  # fmt: skip
        if not is_theirs:
            raise BadInput(
                "There is an account for {email} here already, and {name} does not say that this e-mail was proved to "
                "be yours. Sign in with your password.", email=email, name=company.name,
            )  # fmt: skip
        db.execute("UPDATE users SET provider_id = :identity WHERE id = :id", {"identity": identity, "id": row["id"]})
        audit(db, by=by, action="people.join", now=now, subject="user", subject_id=email)
        return row
    if not is_theirs and proved is not None:
        raise BadInput("{name} says that {email} was not proved to be yours. Confirm it there, then sign in again.",
                       name=company.name, email=email)  # fmt: skip
    row = db.execute(
        """
        INSERT INTO users (email, role, created_at, created_by, provider_id)
        VALUES (:email, :role, :now, :by, :identity) RETURNING *
        """,
        {"email": email, "role": role, "now": now, "by": by.name, "identity": identity},
    ).fetchone()
    audit(db, by=by, action="people.add", now=now, subject="user", subject_id=email, detail={"role": role})
    return row
