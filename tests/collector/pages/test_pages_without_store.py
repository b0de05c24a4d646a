"""What pages say whose store was taken away or damaged: the office reads what to do, a school no paths."""

from pathlib import Path

import pytest
from tests.collector.pages.visiting import Browser

from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.opening import NAME


async def test_pages_go_on_without_their_files_and_the_wall_says_that_nothing_is_stored(
    tmp_path: Path, store: Store, office: Browser, teacher: Browser
) -> None:
    (tmp_path / NAME).unlink()
    assert "removed or replaced" in store.trouble()
    assert "The collector cannot store anything." in (await office.get("/incidents?lang=en"))[2]
    assert "không ghi được số liệu" in (await office.get("/incidents?lang=vi"))[2]
    assert (await teacher.get("/schools/BM/incidents"))[0] == 200
    assert (await office.get("/readyz"))[0] == 503


@pytest.mark.parametrize(
    ("language", "told", "asked"),
    [
        ("vi", "đã bị xóa hoặc bị thay bằng tệp khác", "Hãy thử lại sau ít phút."),
        ("en", "was removed or replaced while the collector runs", "try again in some minutes."),
    ],
)
async def test_what_would_be_recorded_is_refused_with_what_to_do(
    tmp_path: Path, office: Browser, teacher: Browser, language: str, told: str, asked: str
) -> None:
    path = f"/incidents/SC-1044/answer?lang={language}"
    marks = await office.mark(), await teacher.mark()
    (tmp_path / NAME).unlink()
    status, headers, text = await office.post(path, mark=marks[0], answer="help")
    assert (status, headers["retry-after"]) == (503, "60")
    assert told in text
    status, _, text = await teacher.post(path, mark=marks[1], answer="help")
    assert status == 503
    assert asked in text
    assert str(tmp_path) not in text
