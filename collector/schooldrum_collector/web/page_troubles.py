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
