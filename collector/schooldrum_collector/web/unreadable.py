"""What a door answers where the library cannot read the request as HTTP at all: the house's own form, and no noise.

Anybody who reaches a door can send nonsense, so nothing of it goes to the log above the level for developers.
"""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web

from schooldrum_collector.speech import Say
from schooldrum_collector.web.guard import refusal

_log = logging.getLogger(__name__)


def connections_of(server: web.Server, say: Say, **options: float | bool | None) -> Callable[[], web.RequestHandler]:
    """What makes the protocol of each connection to this server; `options` are the library's for a connection."""
    loop = asyncio.get_running_loop()

    def connection() -> web.RequestHandler:
        return _Connection(server, say, loop=loop, **options)

    return connection


class _Connection(web.RequestHandler):
    """The library's connection, but for the words in which it complains."""

    __slots__ = ("_say",)

    def __init__(
        self, server: web.Server, say: Say, *, loop: asyncio.AbstractEventLoop, **options: float | bool | None
    ) -> None:
        super().__init__(server, loop=loop, **options)  # type: ignore[arg-type]  # one type for all of the options
        self._say = say

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer where there was no request to answer (4xx), or where answering failed (5xx)."""
        if status >= web.HTTPInternalServerError.status_code:
            # The library logs it, and raises where a part of the answer is already out.
            super().handle_error(request, status, exc, message)
            sentence = self._say("Máy chủ gặp lỗi; hãy thử lại sau.", "The collector failed here; try again later.")
            answer = refusal(status, "server", sentence)
        elif request.writer.output_size > 0:
            raise ConnectionError("a part of another answer is already out")
        else:
            _log.debug("Nobody could read what %s sent: %s", request.remote, message)
            sentence = self._say(
                "Không đọc được yêu cầu này như HTTP; hãy kiểm tra chương trình hoặc proxy đã gửi nó.",
                "This cannot be read as an HTTP request; check the program or proxy that sent it.",
            )
            answer = refusal(status, "malformed", sentence)
        answer.headers["Server"] = "Schooldrum"
        answer.force_close()
        return answer
