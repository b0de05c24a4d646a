"""What tests of the pages share: the small area of the scene behind an office door, and who visits it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.sqlite import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The scene as it stands at its NOW."""
    store = open_store(tmp_path, clock=lambda: scene.NOW)
    await scene.fill(store)
    yield store
    store.close()


@pytest.fixture
async def server(store: Store) -> AsyncIterator[TestServer]:
    """Its office door, which asks for a token or a link."""
    async with scene.served(store) as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """What visitors go through."""
    async with ClientSession(connector=TCPConnector(limit=8)) as session:
        yield session


@pytest.fixture
def office(server: TestServer, session: ClientSession) -> Browser:
    """The office, with its token."""
    return Browser(server, session, token=scene.TOKEN)


@pytest.fixture
def teacher(store: Store, server: TestServer, session: ClientSession) -> Browser:
    """A teacher of Bình Minh, by the school's link."""
    return Browser(server, session, link=scene.give_link(store, "BM")[0])
