"""What a reader sees behind the answers' door where there is nothing to read or to answer: a small page."""

from collections.abc import Mapping

from aiohttp import web
from jinja2 import Environment

from schooldrum_collector.speech import Say

NOTHING = (
    "Liên kết này không còn dùng được. Mở liên kết trong tin báo mới nhất, hoặc hỏi Sở.",
    "This link is not good any more. Open the one in the newest message, or ask the office.",
)
NOT_READ = ("Chưa đọc được sự cố này, thử lại sau một phút.", "It cannot be read now; try again in a minute.")
NOT_WRITTEN = ("Chưa ghi được, thử lại sau một phút.", "It could not be recorded; try again in a minute.")
NOT_UNDERSTOOD = (
    "Chưa ghi gì: đây không phải câu trả lời dùng được ở đây. Mở lại liên kết trong tin và bấm một nút trên trang.",
    (
        "Nothing was recorded: this is no answer that can be given here. Open the link in the message again and tap "
        "one of the buttons."
    ),
)
WITHOUT_TEXT = (
    "Chưa ghi gì: ghi nhà mạng trả lời thế nào rồi bấm lại.",
    "Nothing was recorded: write what the provider answered, then tap again.",
)
OTHER_NAME = (
    "Máy chủ này không mang tên trong địa chỉ đó; hãy báo cho Sở.",
    "This door does not go by that name; tell the office.",
)
OTHER_SITE = ("Trang của nơi khác không được trả lời ở đây.", "Another site's page may not answer here.")
_TITLE = ("Trang sự cố", "Incident page")
LATER = {"Retry-After": "60"}


class Refusals:
    """Makes the page that says why there is nothing to read or to answer: in both languages, the reader's first."""

    def __init__(self, environment: Environment, style: str) -> None:
        self._style = style
        self._template = environment.get_template("answer_refused.html")

    def __call__(
        self, status: int, text: tuple[str, str], say: Say, *, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """The page that says `text` (Vietnamese, English) with this status."""
        first, second = ("vi", text[0]), ("en", text[1])
        if say.language == "en":
            first, second = second, first
        body = self._template.render(style=self._style, title=say(*_TITLE), first=first, second=second)
        return web.Response(status=status, text=body, content_type="text/html", charset="utf-8", headers=headers)
