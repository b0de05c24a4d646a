"""Who may read at the office's door, and what every answer of it carries.

A browser on the same PC must not be a way in for other sites: the Host must be one of ours (DNS rebinding), an Origin
must be our own. The token is taken as Bearer, and as the password of Basic, which is what a browser can send. Without
a token the door is open, and then only to this very machine and never through a proxy: behind one everybody is
127.0.0.1.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from schooldrum_collector.web.answer import trouble

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}
th{font-weight:600}.silent{color:#a30000;font-weight:600}.online{color:#00611f}.off,.never,.pending,.retired{color:#555}
code{background:#f3f3f3;padding:.1rem .3rem}nav{float:right}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}code{background:#2a2a2a}a{color:#8ab4f8}
th,td{border-color:#444}.silent{color:#ff8a80}.online{color:#81c995}.off,.never,.pending,.retired{color:#aaa}}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "schooldrum",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


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


def guard(token: str | None, hosts: Collection[str]) -> Middleware:
    """The middleware of the office's door; `hosts` are names beside loopback's under which it may be called."""
    names = LOOPBACK_NAMES | {host_name(host) or host.lower() for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = _foreign(request, names) or (_closed(request, token) if token is not None else _distant(request))
        try:
            response = refused or await handler(request)
        except web.HTTPException as problem:
            response = _unrouted(problem)
        response.headers.update(HEADERS)
        return response

    return guarded


def _unrouted(problem: web.HTTPException) -> web.Response:
    if problem.status == web.HTTPMethodNotAllowed.status_code:
        refused = refusal(405, "malformed", "this door is for reading: GET and HEAD only")
        refused.headers["Allow"] = "GET, HEAD"
        return refused
    if problem.status == web.HTTPNotFound.status_code:
        return refusal(404, "not_found", "there is no such page; /api/v1/openapi.json names them all")
    return refusal(problem.status, "malformed", problem.reason)


def _foreign(request: web.Request, names: Collection[str]) -> web.Response | None:
    given = request.headers.getall(hdrs.HOST, [])
    if len(given) != 1 or host_name(given[0]) not in names:
        return refusal(
            421, "malformed", "this door does not go by that name; add it to office_hosts in the collector's settings"
        )
    origins = request.headers.getall(hdrs.ORIGIN, [])
    if any(urlsplit(origin).netloc.lower() != given[0].lower() for origin in origins):
        return refusal(403, "malformed", "another site's page may not read here")
    return None


def _closed(request: web.Request, token: str) -> web.Response | None:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    shown = _secret(given[0]) if len(given) == 1 else b""
    if hmac.compare_digest(shown, token.encode()):
        return None
    refused = refusal(401, "credential", "reading here needs the office's token, as Authorization: Bearer …")
    refused.headers.add(hdrs.WWW_AUTHENTICATE, 'Bearer realm="schooldrum"')
    refused.headers.add(hdrs.WWW_AUTHENTICATE, 'Basic realm="schooldrum", charset="UTF-8"')
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


def _distant(request: web.Request) -> web.Response | None:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    try:
        near = peer is not None and ipaddress.ip_address(peer[0]).is_loopback
    except ValueError:
        near = False
    if near and not any(name in request.headers for name in _PROXY_HEADERS):
        return None
    return refusal(
        403, "credential", "without a token this door is open to its own machine only; start the collector with one"
    )
