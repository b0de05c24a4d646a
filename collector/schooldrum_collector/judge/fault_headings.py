"""What a fault is called in a heading: its level, its line, and what is wrong, in both languages, by the glossary."""

from schooldrum_collector.judge.posture_words import Words

LEVELS: dict[str, Words] = {
    "urgent": Words("KHẨN", "URGENT"),
    "action": Words("CẦN XỬ LÝ", "ACTION"),
    "information": Words("ĐỂ BIẾT", "FOR INFORMATION"),
    "digest": Words("ĐỂ BIẾT", "FOR INFORMATION"),
}

LINES: dict[str, Words] = {
    "main": Words("đường chính", "main"),
    "second": Words("đường dự phòng", "second"),
}

WHAT: dict[str, Words] = {
    "silent": Words("cả nơi này mất liên lạc", "nothing is heard"),
    "silent_school": Words("cả trường mất liên lạc", "the whole school is not heard"),
    "silent_room": Words("cả phòng mất liên lạc", "the whole room is not heard"),
    "silent_site": Words("cả điểm trường mất liên lạc", "the whole campus is not heard"),
    "silent_machine": Words("mất liên lạc", "not heard"),
    "in_part": Words("{machines}/{on} máy mất liên lạc", "{machines} of {on} PCs are not heard"),
    "rooms": Words("{rooms} phòng mất liên lạc", "{rooms} rooms are not heard"),
    "power": Words("mất điện", "power cut"),
    "lan": Words("mất mạng nội bộ", "local network lost"),
    "lan_in_part": Words("{machines}/{on} máy mất mạng nội bộ", "{machines} of {on} PCs have lost the local network"),
    "internet": Words("mất Internet", "Internet lost"),
    "internet_lines": Words("mất Internet, cả {lines} đường", "Internet lost, all {lines} lines"),
    "second_line": Words(
        "mất Internet {line} (nhà mạng {provider})", "{line} Internet line lost (provider {provider})"
    ),
    "dns": Words("không vào được web bằng tên miền", "web sites cannot be reached by name"),
    "national": Words("không vào được trang trong nước", "sites in the country cannot be reached"),
    "international": Words("không vào được trang quốc tế", "sites abroad cannot be reached"),
    "captive": Words("có trang chắn thay cho Internet", "a page in the way of the Internet"),
    "collector": Words("không gửi được số liệu về Sở", "data cannot be sent to the office"),
    "collector_line": Words("mất Internet, không nghe được trường nào", "no Internet, no school can be heard"),
    "mute": Words("{machines} máy đang bật, không gửi số liệu", "{machines} PCs on, not reporting"),
    "mute_one": Words("đang bật, không gửi số liệu", "on, not reporting"),
    "service": Words("không vào được {service}", "{service} cannot be reached"),
    "service_shared": Words("không vào được", "cannot be reached"),
    "loss": Words("mạng chập chờn, mất {percent}% gói tin", "poor connection, {percent} % of packets lost"),
    "schools": Words("{schools} trường mất Internet", "{schools} schools without Internet"),
    "schools_lines": Words("{schools} trường mất một đường truyền", "{schools} schools lost one line"),
    "schools_silent": Words("{schools} trường mất liên lạc", "{schools} schools are not heard"),
    "schools_power": Words("{schools} trường mất điện", "{schools} schools without power"),
    "schools_dns": Words(
        "{schools} trường không vào được web bằng tên", "{schools} schools cannot reach sites by name"
    ),
    "schools_national": Words(
        "{schools} trường không vào được trang trong nước", "{schools} schools cannot reach sites in the country"
    ),
    "schools_international": Words(
        "{schools} trường không vào được trang quốc tế", "{schools} schools cannot reach sites abroad"
    ),
}
"""What a heading says of it, after the place."""

HEADINGS: dict[str, str] = {
    "silent": "silent",
    "silent_with_power": "silent",
    "power_attested": "power",
    "power_woke": "power",
    "lan": "lan",
    "beyond_modem": "internet",
    "line": "internet",
    "captive": "captive",
    "dns": "dns",
    "national": "national",
    "international": "international",
    "collector": "collector",
    "room": "silent",
    "room_outside": "internet",
    "room_silent": "silent",
    "room_silent_alone": "silent",
    "room_in_part": "in_part",
    "rooms": "rooms",
    "rooms_silent": "rooms",
    "no_address": "lan_in_part",
    "wrong_gateway": "lan_in_part",
    "second_line": "second_line",
    "second_line_silent": "second_line",
    "second_line_unused": "second_line",
    "machine_silent": "silent_machine",
    "machine_alone": "silent_machine",
    "machine_link": "silent_machine",
    "machine_address": "lan",
    "machine_gateway": "lan",
    "machine_outside": "internet",
    "machine_address_alone": "lan",
    "machine_gateway_alone": "lan",
    "machine_outside_alone": "internet",
    "mute": "mute",
    "mute_guard": "mute",
    "mute_one": "mute_one",
    "captive_in_part": "captive",
    "line_in_part": "internet",
    "international_in_part": "international",
    "national_in_part": "national",
    "dns_in_part": "dns",
    "service_here": "service",
    "loss_room": "loss",
    "loss_lan": "loss",
    "loss_international": "loss",
    "loss_line": "loss",
    "collector_down": "schools_silent",
    "collector_line": "schools_silent",
    "collector_line_alone": "collector_line",
    "all_schools_silent": "schools_silent",
    "provider": "schools",
    "provider_silent": "schools",
    "area_power": "schools_power",
    "area_line": "schools",
    "area_silent": "schools_silent",
    "provider_international": "schools_international",
    "provider_national": "schools_national",
    "provider_dns": "schools_dns",
    "area_international": "schools_international",
    "area_national": "schools_national",
    "area_dns": "schools_dns",
    "service": "service_shared",
    "service_and_office": "service_shared",
}
"""Which of these each evidence word has."""
