"""The words of messages that no sentence about a fault has: what is back, and what a text message has room for."""

from schooldrum_collector.judge.posture_words import Words

BACK: dict[str, Words] = {
    "power": Words("đã có điện lại", "power is back"),
    "internet": Words("đã có lại Internet", "Internet is back"),
    "captive": Words("đã có lại Internet", "Internet is back"),
    "second_line": Words("đã có lại Internet {line}", "{line} Internet line is back"),
    "lan": Words("đã có lại mạng nội bộ", "local network is back"),
    "lan_in_part": Words("đã có lại mạng nội bộ", "local network is back"),
    "dns": Words("đã vào lại được web bằng tên miền", "web sites can be reached by name again"),
    "national": Words("đã vào lại được trang trong nước", "sites in the country can be reached again"),
    "international": Words("đã vào lại được trang quốc tế", "sites abroad can be reached again"),
    "collector": Words("đã gửi lại được số liệu về Sở", "data reaches the office again"),
    "mute": Words("các máy đã gửi lại số liệu", "the PCs report again"),
    "mute_one": Words("đã gửi lại số liệu", "reporting again"),
    "service": Words("đã vào lại được {service}", "{service} can be reached again"),
    "service_shared": Words("đã vào lại được", "can be reached again"),
    "loss": Words("mạng đã ổn định lại", "the connection is steady again"),
    "schools": Words("các trường đã có lại Internet", "the schools have Internet again"),
    "schools_power": Words("các trường đã có điện lại", "the schools have power again"),
    "schools_dns": Words("đã vào lại được web bằng tên", "sites can be reached by name again"),
    "schools_national": Words("đã vào lại được trang trong nước", "sites in the country can be reached again"),
    "schools_international": Words("đã vào lại được trang quốc tế", "sites abroad can be reached again"),
}
"""What a heading says of the end, by the word its begin had (judge.fault_headings.HEADINGS)."""
BACK_OTHERWISE = Words("đã có lại liên lạc", "heard again")

POWER, INTERNET, SILENT = "power", "internet", "silent"
LESSONS_LOST: dict[str, Words] = {
    POWER: Words("mất điện {lost} trong giờ học", "no power for {lost} of lesson time"),
    INTERNET: Words("mất Internet {lost} trong giờ học", "no Internet for {lost} of lesson time"),
    SILENT: Words("mất liên lạc {lost} trong giờ học", "not heard for {lost} of lesson time"),
}
"""What a principal reads in the heading."""
LESSONS_BACK: dict[str, Words] = {
    POWER: Words("đã có điện lại lúc {at}", "power back at {at}"),
    INTERNET: Words("đã có lại Internet lúc {at}", "Internet back at {at}"),
    SILENT: Words("đã có lại liên lạc lúc {at}", "heard again at {at}"),
}
WILL_HEAR: dict[str, Words] = {
    POWER: Words("Khi có điện lại sẽ có tin.", "You will hear when power is back."),
    INTERNET: Words("Khi có lại Internet sẽ có tin.", "You will hear when it is back."),
    SILENT: Words("Khi có lại liên lạc sẽ có tin.", "You will hear when the school is heard again."),
}

SMS_WHAT: dict[str, Words] = {
    "room_silent": Words("{machines}/{machines} máy mất liên lạc", "{machines} of {machines} PCs not heard"),
    "second_line": Words("mất Internet {line}", "{line} Internet line lost"),
    "second_line_silent": Words("mất Internet {line}", "{line} Internet line lost"),
    "second_line_unused": Words("mất Internet {line}", "{line} Internet line lost"),
    "mute": Words("{machines} máy đang bật nhưng không gửi số liệu", "{machines} PCs on but not reporting"),
    "mute_guard": Words("{machines} máy đang bật nhưng không gửi số liệu", "{machines} PCs on but not reporting"),
}
"""What is wrong, where a heading's words are longer than a text message has room for."""
IS_CAUSE = frozenset({"power_woke", "area_power"})
"""Words whose headings are the cause itself; where the school has said it, it is told as it says it."""
_OUTWARDS = Words(", từ modem trở ra", ", from the modem outwards")
_ELSEWHERE = Words("lỗi tại hệ thống, không phải mạng của trường.", "the system fails, not the schools' network.")
SMS_CAUSE: dict[str, Words] = {
    "line": _OUTWARDS,
    "line_in_part": _OUTWARDS,
    "second_line": _OUTWARDS,
    "second_line_silent": _OUTWARDS,
    "second_line_unused": _OUTWARDS,
    "room_silent": Words("do switch hoặc điện của phòng.", "the room's switch or its power."),
    "service": _ELSEWHERE,
    "service_and_office": _ELSEWHERE,
    "mute": Words("phần mềm đã dừng hoặc bị chặn.", "the program was stopped or blocked."),
    "mute_guard": Words("bị diệt virus chặn.", "blocked by the antivirus."),
}
"""Why, in the fewest words, to stand behind its degree; what is not in it says its conclusion.

What begins with a comma belongs to the sentence before.
"""
_OTHERS = Words("{others} trường nhà mạng khác vẫn tốt.", "{others} schools of other providers are fine.")
SMS_GROUNDS: dict[str, Words] = {"provider": _OTHERS, "provider_silent": _OTHERS}
"""What it rests on, where the place says already why."""
_CALL = Words("Không cần kiểm tra máy. Gọi {provider}.", "No need to check PCs. Call {provider}.")
SMS_STEP: dict[str, Words] = {
    "silent": Words("Trường có điện không?", "Is there power?"),
    "room_silent_alone": Words("Trường có điện không?", "Is there power?"),
    "area_silent": Words("Trường có điện không?", "Is there power?"),
    "line": _CALL,
    "line_in_part": _CALL,
    "second_line": _CALL,
    "second_line_silent": _CALL,
    "second_line_unused": _CALL,
    "service": Words("Chờ tin báo vào lại được.", "Wait for the message that it is back."),
    "service_and_office": Words("Chờ tin báo vào lại được.", "Wait for the message that it is back."),
}
SMS_STEP_OFFICE: dict[str, Words] = {
    "provider": Words("Gọi {provider}.", "Call {provider}."),
    "provider_silent": Words("Gọi {provider}.", "Call {provider}."),
    "second_line": Words("Trường đã nhận tin.", "The school has been told."),
    "silent": Words("Trường đã nhận tin.", "The school has been told."),
}
SMS_STEP_HELP = Words("Gọi trường: cần hỗ trợ.", "Call the school: it needs help.")
"""For the office, once the school has asked it for help."""
ASKS = frozenset({"silent", "room_silent_alone", "area_silent"})
"""Words after which the link is for an answer."""
SEES = frozenset({"room_silent"})
"""Words after which it is to be looked at."""
NEEDS_NO_LINK = frozenset({"service", "service_and_office"})
