"""Équipe: who works for the client, in which roles; inviting, changing, ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from portal.door import Seat
from portal.people import team
from portal.people.roles import RIGHTS, ROLES
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store.base.errors import BadInput, Refused

pages = Pages()

DONE = {
    "invitation": "L'invitation part par courriel. Le lien sert une fois, pendant sept jours.",
    "roles": "Les rôles sont changés ; ils valent dès le prochain clic de cette personne.",
    "fin": "L'accès est retiré et ses sessions sont fermées.",
}
TOLD: Mapping[str, tuple[str, str]] = {
    "email_wrong": ("email", "Ce n'est pas une adresse électronique."),
    "role_missing": ("roles", "Choisissez au moins un rôle."),
    "person_ended": ("email", "Cette personne ne peut pas être invitée : demandez à votre opérateur."),
    "last_holder": ("roles", "Le dossier garde toujours un titulaire : nommez-en un autre d'abord."),
    "invitation_used": ("roles", "Cette personne a déjà choisi son mot de passe."),
}
"""Code of an error → the field beside which it is said, and how."""


def roles_typed(form: Mapping[str, str]) -> list[str]:
    """The roles whose boxes are ticked."""
    return [role for role in ROLES if form.get(f"role-{role}") == "oui"]


def what_it_opens(role: str) -> list[str]:
    """The rights that a role holds, in words."""
    return [RIGHTS[right] for right in RIGHTS if right in ROLES[role]]


def said(visit: Visit, error: BadInput | Refused) -> None:
    """An operation's error beside the field that it is about, in French."""
    field, text = TOLD.get(error.code, ("form", str(error)))
    visit.faults[field] = text


@pages.get("/equipe", "team")
def listed(visit: Visit, seat: Seat) -> Answer:
    """Everybody, and the form that invites."""
    return _team(visit, seat)


def _team(visit: Visit, seat: Seat, status: int = 200) -> Response:
    return visit.page("team.html", status, members=team.listed(seat.conn, seat.whose, visit.now), roles=ROLES,
                      opens=what_it_opens, ticked=roles_typed(visit.form),
                      done=DONE.get(visit.query.get("fait", ""), ""))  # fmt: skip


@pages.post("/equipe", "team", sure=True)
def invite(visit: Visit, seat: Seat) -> Answer:
    """Somebody works for the client from now on."""
    try:
        team.invite(seat.conn, seat.whose, visit.form.get("email", ""), roles_typed(visit.form),
                    name=visit.form.get("nom", ""), by=seat.by, now=visit.now)  # fmt: skip
    except (BadInput, Refused) as error:
        said(visit, error)
        return _team(visit, seat, 422)
    return visit.go("/equipe?fait=invitation")


@pages.get("/equipe/{person}", "team")
def one(visit: Visit, seat: Seat) -> Answer:
    """One of them: roles, and the end of their access."""
    return _one(visit, seat, ())


def _one(visit: Visit, seat: Seat, ticked: Sequence[str], status: int = 200) -> Response:
    found = team.get(seat.conn, seat.whose, id_in(visit, "person"), visit.now)
    return visit.page("member.html", status, member=found, roles=ROLES, opens=what_it_opens,
                      ticked=ticked or found.roles)  # fmt: skip


@pages.post("/equipe/{person}/roles", "team", sure=True)
def roles(visit: Visit, seat: Seat) -> Answer:
    """Other roles."""
    wanted = roles_typed(visit.form)
    try:
        team.change_roles(seat.conn, seat.whose, id_in(visit, "person"), wanted, by=seat.by)
    except (BadInput, Refused) as error:
        return _anew(visit, error, wanted)
    return visit.go("/equipe?fait=roles")


@pages.post("/equipe/{person}/fin", "team", sure=True)
def end(visit: Visit, seat: Seat) -> Answer:
    """They come in no more."""
    if visit.form.get("certain") != "oui":
        visit.faults["certain"] = "Cochez la case pour retirer l'accès."
        return _one(visit, seat, (), 422)
    try:
        team.end(seat.conn, seat.whose, id_in(visit, "person"), by=seat.by, now=visit.now)
    except Refused as error:
        return _anew(visit, error, (), "certain")
    return visit.go("/equipe?fait=fin")


@pages.post("/equipe/{person}/invitation", "team", sure=True)
def again(visit: Visit, seat: Seat) -> Answer:
    """The letter once more."""
    try:
        team.invite_again(seat.conn, seat.whose, id_in(visit, "person"), by=seat.by, now=visit.now)
    except Refused as error:
        return _anew(visit, error, ())
    return visit.go("/equipe?fait=invitation")


def _anew(visit: Visit, error: BadInput | Refused, ticked: Sequence[str], beside: str = "") -> Answer:
    """The page of one of them once more, in a transaction of its own: the database refused in the last one."""
    said(visit, error)
    if beside and "roles" in visit.faults:
        visit.faults = {beside: visit.faults["roles"]}

    def drawn() -> Response:
        with visit.portal.entered(visit.token, visit.now) as seat:
            visit.seat = seat
            return _one(visit, seat, ticked, 422)

    return drawn
