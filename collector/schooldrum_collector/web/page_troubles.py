"""What people read instead of a page that they cannot have, or where a form was not taken."""

from collections.abc import Mapping

from schooldrum_collector.judge.posture_words import Words

ENDED_LINK = "link"
"""The stable word of a school's link that is good no more."""
TROUBLES: Mapping[str, Words] = {
    "not_found": Words(
        "Không có trang này, hoặc trang không thuộc phần được xem.",
        "There is no such page, or it is not in the part that may be seen.",
    ),
    ENDED_LINK: Words(
        "Liên kết của trường không còn dùng được: đã hết hạn hoặc đã bị thu hồi. Hãy xin Sở một liên kết mới.",
        "This school link is no longer valid: it has expired or was taken back. Ask the office for a new one.",
    ),
    "credential": Words(
        "Liên kết của trường chỉ mở được trang của trường mình, không mở được trang này.",
        "A school link opens the pages of its own school alone, and not this one.",
    ),
    "distant": Words(
        "Máy chủ này chạy không có mã của Sở nên chỉ mở được trên chính nó, không mở được từ máy khác hay qua proxy. "
        "Hãy cho máy chủ một mã (office-token) rồi chạy lại.",
        "This collector runs without the office's token, so it opens on its own machine only, not from another one or "
        "through a proxy. Start it with a token (office-token).",
    ),
    "name": Words(
        "Máy chủ này không mang tên trong địa chỉ đó. Hãy thêm tên vào office_hosts trong cấu hình của máy chủ.",
        "This door does not go by that name. Add it to office_hosts in the collector's settings.",
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
    "changed": Words(
        "Chưa ghi: danh sách máy chờ vừa thay đổi. Quay lại, tải lại trang, xem lại các máy rồi bấm lần nữa.",
        "Nothing was recorded: other PCs wait now. Go back, load the page again, look at them, and tap once more.",
    ),
    "over": Words("Việc này đã xong nên không cần ghi nữa.", "This is over; nothing needs to be recorded any more."),
    "busy": Words("Máy chủ đang bận, hãy thử lại sau ít giây.", "The collector is busy; try again in a few seconds."),
    "malformed": Words("Địa chỉ hoặc ô nhập chưa đúng.", "The address or a field is not right."),
}
"""What people read instead of a page, by the stable word of the trouble."""

CLOSING_TROUBLES: Mapping[str, Words] = {
    "day": Words("Chưa ghi: ngày chưa đúng. Chọn lại ngày.", "Not recorded: a date is not right. Choose it again."),
    "reversed": Words(
        "Chưa ghi: ngày cuối đứng trước ngày đầu. Chọn lại ngày cuối.",
        "Not recorded: the last day comes before the first. Choose the last day again.",
    ),
    "past": Words(
        "Chưa ghi: ngày đầu đã qua. Chọn từ hôm nay trở đi.",
        "Not recorded: the first day is over. Choose today or later.",
    ),
    "far": Words(
        "Chưa ghi: ngày đầu cách hôm nay hơn một năm. Chọn ngày gần hơn.",
        "Not recorded: the first day is more than a year ahead. Choose an earlier one.",
    ),
    "long": Words(
        "Chưa ghi: mỗi lần cho nghỉ nhiều nhất 32 ngày. Chọn ngày cuối sớm hơn.",
        "Not recorded: at most 32 days are closed at once. Choose an earlier last day.",
    ),
    "reason": Words(
        "Chưa ghi: viết lý do bằng chữ, nhiều nhất 120 ký tự.",
        "Not recorded: write why, in at most 120 characters.",
    ),
}
"""What stands over the form with which a school is closed, by what was wrong with it."""
