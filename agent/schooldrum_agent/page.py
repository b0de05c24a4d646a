"""The doctor's findings as one page that opens in any browser: a file, nothing loaded from anywhere, no open port."""

import html
from collections.abc import Sequence

from schooldrum_agent.scan_code import ScanCode
from schooldrum_agent.step import MARKS, Step, Verdict

_TITLE = {"vi": "Kiểm tra máy này", "en": "Check this PC"}
_WELL = {"vi": "Chưa thấy lỗi nào.", "en": "No fault was found."}
_FIRST = {"vi": "Lỗi gần máy này nhất: {title}.", "en": "The fault nearest to this PC: {title}."}
_STAYS = {
    "vi": "Trang này chỉ nằm trên máy này; không có gì được gửi đi.",
    "en": "This page lies on this PC only; nothing was sent.",
}
_SCAN_TITLE = {"vi": "Gửi kết quả này bằng điện thoại", "en": "Send this with a phone"}
_SCAN = {
    "vi": "Khi trường mất Internet: quét mã này bằng điện thoại có mạng, rồi bấm nút trên trang mở ra. Mã chỉ cho biết "
    "máy này là máy nào và đường ra hỏng ở đâu, không có gì khác.",
    "en": "While the school has no internet: scan this with a phone that has, and tap the button on the page that "
    "opens. It tells which PC this is and where its way out is broken, and nothing else.",
}
_SCAN_TEXT = {
    "vi": "Khi trường mất Internet: quét mã này bằng điện thoại, chép dòng chữ hiện ra và gửi cho người phụ trách của "
    "Sở; dán vào trang /q của máy chủ tổng hợp là xong.",
    "en": "While the school has no internet: scan this with a phone, copy the text and send it to the office; there it "
    "is pasted into the collector's page /q.",
}
_SHAPES = {
    Verdict.GOOD: '<circle cx="12" cy="12" r="9" fill="#1a7f37"/>',
    Verdict.BAD: '<path d="M4 4 20 20 M20 4 4 20" stroke="#b42318" stroke-width="5"/>',
    Verdict.UNKNOWN: '<circle cx="12" cy="12" r="8" fill="none" stroke="#6b7280" stroke-width="3"/>',
}
"""A shape and a word beside each colour."""
_STYLE = """
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328 }
ol { list-style: none; padding: 0 }
li { display: grid; grid-template-columns: 2.2rem 1fr; padding: .3rem 0 }
li svg { width: 1.5rem; height: 1.5rem }
li + li { border-top: 1px solid #d0d7de }
svg.scan { width: 16rem; max-width: 100%; height: auto; border-radius: .3rem }
.code { font-size: .75rem; overflow-wrap: anywhere }
.mark { font-weight: bold } p.first { font-size: 1.2rem }
@media (prefers-color-scheme: dark) { body { background: #16191d; color: #e6e8eb } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(
    steps: Sequence[Step], language: str, code: ScanCode | None = None, *, nearest: dict[str, str] | None = None
) -> str:
    """A whole HTML document; `language` is vi or en. Whatever the findings say, it is text in it.

    `code` is drawn for a phone, which carries what was found to the office. `nearest` names the nearest fault, in both
    languages; None: the first of the steps that is bad.
    """
    first = nearest or next((step.title for step in steps if step.verdict is Verdict.BAD), None)
    summary = _FIRST[language].format(title=first[language]) if first else _WELL[language]
    items = "\n".join(_item(step, language) for step in steps)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{_TITLE[language]}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{_TITLE[language]}</h1>\n"
        f'<p class="first">{html.escape(summary)}</p>\n<ol>\n{items}\n</ol>\n{_scan(code, language)}'
        f"<p>{_STAYS[language]}</p>\n"
        "</body>\n</html>\n"
    )


def _scan(code: ScanCode | None, language: str) -> str:
    if code is None:
        return ""
    text = (_SCAN if code.leads else _SCAN_TEXT)[language]
    return (
        f"<h2>{_SCAN_TITLE[language]}</h2>\n<p>{text}</p>\n<p>{code.drawing()}</p>\n"
        f'<p class="code">{html.escape(code.text)}</p>\n'
    )


def _item(step: Step, language: str) -> str:
    return (
        f'<li><svg viewBox="0 0 24 24" aria-hidden="true">{_SHAPES[step.verdict]}</svg>'
        f'<div><span class="mark">{html.escape(step.title[language])}: {MARKS[step.verdict][language]}</span><br>'
        f"{html.escape(step.found[language])}</div></li>"
    )
