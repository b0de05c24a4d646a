"""Who visits the pages in tests: a client with the cookie of a link, the office's token, or neither."""

import re

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from schooldrum_collector.web.visitors import COOKIE


class Browser:
    """Looks at pages and sends forms as a browser does."""

    def __init__(self, server: TestServer, session: ClientSession, *, link: str = "", token: str = "") -> None:
        self.base = f"http://127.0.0.1:{server.port}"
        self.session = session
        self.headers = {"Accept": "text/html"}
        if link:
            self.headers["Cookie"] = f"{COOKIE}={link}"
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    async def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        async with self.session.get(
            self.base + path, headers={**self.headers, **headers}, allow_redirects=False
        ) as response:
            text = "" if response.content_type == "text/event-stream" else await response.text()
            return response.status, {k.lower(): v for k, v in response.headers.items()}, text

    async def post(self, path: str, *, mark: str | None = None, **fields: str) -> tuple[int, dict[str, str], str]:
        data = {**fields, **({"mark": mark} if mark is not None else {})}
        headers = {**self.headers, "Origin": self.base}
        async with self.session.post(self.base + path, headers=headers, data=data, allow_redirects=False) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, await response.text()

    async def mark(self, path: str = "/enter") -> str:
        """What every form of this visitor's pages carries."""
        found = re.search(r'name="mark" value="([0-9a-f]+)"', (await self.get(path))[2])
        assert found
        return found[1]
