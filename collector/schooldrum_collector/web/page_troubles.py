"""What people read instead of a page that they cannot have, or where a form was not taken."""

from collections.abc import Mapping

from schooldrum_collector.judge.posture_words import Words

TROUBLES: Mapping[str, Words] = {
    "not_found": Words(
        "Không có trang này, hoặc trang không thuộc phần được xem.",
        "There is no such page, or it is not in the part that may be seen.",
    ),
    "credential": Words(
        "Liên kết không dùng được: đã hết hạn, đã bị thu hồi, hoặc chỉ mở được trang của trường mình. "
        "Hãy xin Sở một liên kết mới.",
        "This link cannot be used: it has expired, was taken back, or opens its own school alone. "
        "Ask the office for a new one.",
    ),
    "token": Words(
        "Trang này cần mã của Sở: gõ mã đó vào ô mật khẩu (tên nào cũng được). "
        "Mã nằm trong tệp office-token của máy chủ.",
        "This page needs the office's token: type it as the password, with any name. "
        "It stands in the collector's file office-token.",
    ),
    "form": Words(
        "Trang này mở đã lâu nên chưa ghi được. Quay lại, tải lại trang rồi bấm lần nữa.",
        "This page was open for long, and nothing was recorded. Go back, load it again, and tap once more.",
    ),
    "over": Words("Việc này đã xong nên không cần ghi nữa.", "This is over; nothing needs to be recorded any more."),
    "busy": Words("Máy chủ đang bận, hãy thử lại sau ít giây.", "The collector is busy; try again in a few seconds."),
    "malformed": Words("Địa chỉ hoặc ô nhập chưa đúng.", "The address or a field is not right."),
}
"""What people read instead of a page, by the stable word of the trouble."""
