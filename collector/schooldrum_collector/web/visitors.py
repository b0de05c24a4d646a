"""Who comes to the office's door: the office by its token, or people of one school by a link that the office made.

A link's secret never stands in an address that is sent: it is behind the `#`, which browsers keep to themselves, and is
exchanged for a cookie that no script can read.
"""

import hashlib
import hmac
import secrets
import string

import msgspec
from aiohttp import web

from schooldrum_collector.store.records import EVERYTHING, Register, SchoolLink, Scope

COOKIE = "schooldrum_link"
FOR_EVERYBODY = frozenset({"/enter", "/q", "/static/{name}"})
"""What needs nothing: the page a link leads to, the one a PC's code leads to (it proves itself), what they are drawn
with."""
FOR_SCHOOLS = frozenset(
    {
        *FOR_EVERYBODY,
        *("/", "/leave", "/events", "/schools/{code}", "/schools/{code}/incidents"),
        *("/schools/{code}/close", "/schools/{code}/open"),
        *("/schools/{code}/enrol", "/schools/{code}/enrol/{token}", "/schools/{code}/pending"),
        *("/machines/{machine}", "/machines/{machine}/sends", "/machines/{machine}/replace"),
        "/machines/{machine}/note",
        *("/incidents", "/incidents/{number}", "/incidents/{number}/acknowledge", "/incidents/{number}/answer"),
    }
)
"""What a school's link opens; each of them keeps to the visitor's scope."""
FOR_ENDED_LINKS = frozenset({"/leave"})
"""What a browser may still do whose link has ended: forget it."""
FEWEST_DAYS = 1 / 24
MOST_DAYS = 400
_DAY_SECONDS = 86400.0
_ID_LENGTH = 8
_ID_LETTERS = string.ascii_lowercase + string.digits
_LONGEST_CODE = 100


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was let in: `scope` is what may be seen, `link` the id of a school's link (empty: the office)."""

    scope: Scope
    link: str = ""

    @property
    def is_office(self) -> bool:
        """Whether it is the office, which may see everything."""
        return not self.link

    @property
    def role(self) -> str:
        """Who the records say it was: a role, never a person."""
        return "office" if self.is_office else f"school link {self.link}"


_VISITOR = web.RequestKey("visitor", Visitor)
OFFICE = Visitor(scope=EVERYTHING)
NOBODY = Visitor(scope=Scope(school="\0"), link="\0")
"""Whoever reads what everybody may, or has a link that has ended: it covers no school."""


def new_link(school: str, days: float, now: float) -> tuple[str, SchoolLink]:
    """A link for people of a school: its code (shown once), and the record that is kept of it."""
    identity = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    secret = secrets.token_urlsafe(32)
    link = SchoolLink(
        id=identity,
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        school=school,
        made=now,
        expires=now + days * _DAY_SECONDS,
    )
    return f"{identity}.{secret}", link


def address_of(base: str, code: str) -> str:
    """What is sent to the teacher's phone."""
    return f"{base.rstrip('/')}/enter#{code}"


def link_of(register: Register, code: str, now: float) -> SchoolLink | None:
    """The link this code belongs to, as long as it is good."""
    if len(code) > _LONGEST_CODE:
        return None
    identity, _, secret = code.strip().partition(".")
    link = register.links.get(identity)
    shown = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
    if link is None or not hmac.compare_digest(link.digest, shown):
        return None
    return link if link.is_good(now) and link.school in register.schools else None


def visitor_by_link(register: Register, request: web.Request, now: float) -> Visitor | None:
    """Whom the cookie of this request lets in; None where it lets nobody in."""
    link = link_of(register, request.cookies.get(COOKIE, ""), now)
    return Visitor(scope=Scope(school=link.school), link=link.id) if link else None


def note_visitor(request: web.Request, visitor: Visitor) -> None:
    """Remembers who was let in, for the length of the request."""
    request[_VISITOR] = visitor


def visitor_of(request: web.Request) -> Visitor:
    """Who was let in with this request."""
    visitor: Visitor = request.get(_VISITOR, NOBODY)
    return visitor


class Forms:
    """Marks forms as ours, so that another site's page cannot send one in a visitor's name."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def mark(self, visitor: Visitor) -> str:
        """What stands in every form of this visitor's pages."""
        return hmac.new(self._key, visitor.link.encode(), hashlib.sha256).hexdigest()[:40]

    def is_ours(self, visitor: Visitor, given: str) -> bool:
        """Whether this is the mark."""
        return hmac.compare_digest(self.mark(visitor).encode(), given.encode("utf-8", "surrogateescape"))
