"""What the web server's library may write to the log: never what a stranger sent."""

import logging

from aiohttp.http_exceptions import HttpProcessingError

_LIBRARY = "aiohttp.server"


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def keep_requests_out() -> None:
    """Malformed requests are answered and not logged.

    The library would write each with a traceback and a piece of the request: anyone could fill the disk, and a PC
    with a broken proxy before it would have its credential in the log.
    """
    logging.getLogger(_LIBRARY).addFilter(_is_ours)
