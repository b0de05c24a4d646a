"""Who may read at the office's door, and what every answer of it carries.

A browser on the same PC must not be a way in for other sites: the Host must be one of ours (DNS rebinding), an Origin
must be our own. The token is taken as Bearer, and as the password of Basic, which is what a browser can send. Without
a token the door is open, and then only to this very machine and never through a proxy: behind one everybody is
127.0.0.1. A browser that holds a school's link is that school's even there: what it may see follows from the link, and
where that has ended, nothing.
"""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from schooldrum_collector.speech import Say
from schooldrum_collector.web.answer import trouble
from schooldrum_collector.web.page_troubles import ENDED_LINK, TROUBLES
from schooldrum_collector.web.visitors import (
    COOKIE,
    FOR_ENDED_LINKS,
    FOR_EVERYBODY,
    FOR_SCHOOLS,
    NOBODY,
    OFFICE,
    Visitor,
    note_visitor,
)

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "schooldrum",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_REALM = "Trong truong: ma cua So la mat khau (Schooldrum: the office token is the password)"
"""What some browsers show beside the fields for name and password: in letters that none of them spoils."""


def refusal(status: int, error: str, message: str, *, retry_after: int = 0) -> web.Response:
    """An answer that is not 2xx."""
    answer = trouble(status, error, message, retry_after=retry_after)
    headers = {"Retry-After": f"{retry_after}"} if retry_after else {}
    return web.Response(status=status, body=answer.body, content_type="application/json", headers=headers)


def host_name(host: str) -> str:
    """The name or address in a Host header, in lower case and without its port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def guard(
    token: str | None,
    hosts: Collection[str],
    *,
    by_link: Callable[[web.Request], Visitor | None],
    say: Callable[[web.Request], Say],
    told: Callable[[web.Request, web.Response], web.Response],
) -> Middleware:
    """The middleware of the office's door; `hosts` are names beside loopback's under which it may be called.

    `by_link` says whom a link's cookie lets in, `say` in which language somebody reads, `told` turns a refusal into
    what a person can read.
    """
    names = LOOPBACK_NAMES | {host_name(host) or host.lower() for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = _foreign(request, names, say(request))
        response: web.StreamResponse
        if refused is None:
            admitted = _admitted(request, token, by_link, say(request))
            if isinstance(admitted, web.Response):
                refused = admitted
            else:
                note_visitor(request, admitted)
        try:
            response = refused if refused is not None else await handler(request)
        except web.HTTPRedirection as elsewhere:
            _headed(elsewhere)
            raise
        except web.HTTPException as problem:
            response = _unrouted(problem, say(request))
        if isinstance(response, web.Response) and response.status >= web.HTTPBadRequest.status_code:
            response = told(request, response)
        return _headed(response)

    return guarded


def _unrouted(problem: web.HTTPException, say: Say) -> web.Response:
    if isinstance(problem, web.HTTPMethodNotAllowed):
        allowed = sorted(problem.allowed_methods)
        sentence = say(
            f"Địa chỉ này chỉ nhận {' và '.join(allowed)}.", f"This address takes {' and '.join(allowed)} only."
        )
        refused = refusal(405, "malformed", sentence)
        refused.headers["Allow"] = ", ".join(allowed)
        return refused
    if problem.status == web.HTTPNotFound.status_code:
        sentence = say(
            "Không có trang này; /api/v1/openapi.json kể các địa chỉ cho chương trình.",
            "There is no such page; /api/v1/openapi.json names those for programs.",
        )
        return refusal(404, "not_found", sentence)
    return refusal(problem.status, "malformed", problem.reason)


def _headed(response: web.StreamResponse) -> web.StreamResponse:
    """What a page says of itself stands."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _admitted(
    request: web.Request, token: str | None, by_link: Callable[[web.Request], Visitor | None], say: Say
) -> Visitor | web.Response:
    """Who this is, or why not."""
    resource = request.match_info.route.resource
    page = resource.canonical if resource is not None else ""
    if token is None:
        refused = _distant(request, say)
        if refused is not None:
            return refused
        if COOKIE not in request.cookies:
            return OFFICE
    elif _shows(request, token):
        return OFFICE
    if page in FOR_EVERYBODY:
        return by_link(request) or NOBODY
    if COOKIE not in request.cookies:
        return _closed(say)
    visitor = by_link(request)
    if visitor is None:
        return NOBODY if page in FOR_ENDED_LINKS else refusal(403, ENDED_LINK, say(*TROUBLES[ENDED_LINK]))
    if page not in FOR_SCHOOLS:
        # No challenge: a phone would ask a teacher for a password that there is not.
        note_visitor(request, visitor)
        return refusal(403, "credential", say(*TROUBLES["credential"]))
    return visitor


def _foreign(request: web.Request, names: Collection[str], say: Say) -> web.Response | None:
    given = request.headers.getall(hdrs.HOST, [])
    if len(given) != 1 or host_name(given[0]) not in names:
        return refusal(421, "name", say(*TROUBLES["name"]))
    origins = request.headers.getall(hdrs.ORIGIN, [])
    if any(urlsplit(origin).netloc.lower() != given[0].lower() for origin in origins):
        return refusal(
            403,
            "malformed",
            say("Trang của nơi khác không được đọc ở đây.", "Another site's page may not read here."),
        )
    return None


def _shows(request: web.Request, token: str) -> bool:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    shown = _secret(given[0]) if len(given) == 1 else b""
    return hmac.compare_digest(shown, token.encode())


def _closed(say: Say) -> web.Response:
    sentence = say(
        "Cần mã của Sở, gửi bằng Authorization: Bearer …; mã nằm trong tệp office-token của máy chủ.",
        "This needs the office's token, as Authorization: Bearer …; it stands in the collector's file office-token.",
    )
    refused = refusal(401, "credential", sentence)
    refused.headers.add(hdrs.WWW_AUTHENTICATE, f'Bearer realm="{_REALM}"')
    refused.headers.add(hdrs.WWW_AUTHENTICATE, f'Basic realm="{_REALM}", charset="UTF-8"')
    return refused


def _secret(authorization: str) -> bytes:
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value.encode("utf-8", "surrogateescape")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""


def _distant(request: web.Request, say: Say) -> web.Response | None:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    try:
        near = peer is not None and ipaddress.ip_address(peer[0]).is_loopback
    except ValueError:
        near = False
    if near and not any(name in request.headers for name in _PROXY_HEADERS):
        return None
    return refusal(403, "distant", say(*TROUBLES["distant"]))
