"""How pages are written: the templates, in either language, with every text of others made harmless."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from schooldrum_collector.speech import Say
from schooldrum_collector.web.visitors import Forms, Visitor, visitor_of
from schooldrum_wire.settings import LANGUAGES

LANGUAGE_COOKIE = "schooldrum_lang"
_YEAR_SECONDS = 365 * 86400
_ROOT = Path(__file__).parent
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
"""Marks that turn the direction of what follows them: a name may not rearrange the sentence it stands in."""
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
_HARMLESS = {**_TURNING, **_CONTROLS}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # A form's Origin would be null under no-referrer; nothing secret stands in an address.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class StaticFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it is served; `tag` changes with its content."""

    body: bytes
    kind: str
    tag: str


def _static_files() -> dict[str, StaticFile]:
    files: dict[str, StaticFile] = {}
    for path in sorted((_ROOT / "static").iterdir()):
        if path.suffix in _KINDS:
            body = path.read_bytes()
            tag = base64.urlsafe_b64encode(hashlib.sha256(body).digest())[:10].decode()
            files[path.name] = StaticFile(body=body, kind=_KINDS[path.suffix], tag=tag)
    return files


def harmless(value: object) -> object:
    """A text without marks that turn directions and without control characters; anything else as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(_HARMLESS)
    return value


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads a page and in which language: what every template is given."""

    say: Say
    visitor: Visitor
    mark: str
    path: str = ""

    @property
    def language(self) -> str:
        """`vi` or `en`."""
        return self.say.language


class Rendering:
    """The templates and the files that pages load."""

    def __init__(self, language: str, forms: Forms) -> None:
        """`language` is what people read who do not choose."""
        self._language = language
        self._forms = forms
        self.files = _static_files()
        self._environment = Environment(
            loader=FileSystemLoader(_ROOT / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=harmless,
        )
        self._environment.globals["file"] = self._address

    def _address(self, name: str) -> str:
        return f"/static/{name}?v={self.files[name].tag}"

    def say(self, request: web.Request) -> Say:
        """In which language this visitor reads: as the address says, else the cookie, else the office's."""
        chosen = [request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE), self._language]
        return Say(next(one for one in chosen if one in LANGUAGES))

    def words(self, request: web.Request) -> Reader:
        """Who reads, and in which language."""
        visitor = visitor_of(request)
        return Reader(say=self.say(request), visitor=visitor, mark=self._forms.mark(visitor), path=request.path)

    def piece(self, template: str, words: Reader, **values: object) -> Markup:
        """A part of a page."""
        return Markup(self._environment.get_template(template).render(say=words.say, words=words, **values))  # noqa: S704 - the template has escaped what stands in it

    def page(
        self, request: web.Request, template: str, values: Mapping[str, object], *, status: int = 200
    ) -> web.Response:
        """A whole page as an answer; a language that was chosen in the address is remembered."""
        words = self.words(request)
        body = self._environment.get_template(template).render(say=words.say, words=words, **values)
        answer = web.Response(
            text=body, status=status, content_type="text/html", charset="utf-8", headers=dict(PAGE_HEADERS)
        )
        answer.headers[hdrs.CONTENT_LANGUAGE] = words.language
        answer.headers[hdrs.VARY] = "Cookie"
        if request.query.get("lang") == words.language:
            answer.set_cookie(
                LANGUAGE_COOKIE, words.language, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax", path="/"
            )
        answer.enable_compression()
        return answer

    async def static(self, request: web.Request) -> web.Response:
        """GET /static/{name}: what pages load, for a year under the address that names its content."""
        file = self.files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        fresh = request.query.get("v") == file.tag
        return web.Response(
            body=file.body,
            content_type=file.kind,
            charset="utf-8",
            headers={"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable" if fresh else "no-cache"},
        )
