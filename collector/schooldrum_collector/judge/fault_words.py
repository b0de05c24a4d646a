"""What people read about a fault: what it rests on, how sure it is, where it lies. In both languages, by the glossary.

Fields are counts and names of a fault's evidence: `{machines}`, `{provider}`.
"""

from schooldrum_collector.judge.fault import Degree, Verdict
from schooldrum_collector.judge.posture_words import Words

SIDES: dict[str, Words] = {
    "school": Words("trường", "the school"),
    "office": Words("Sở, phòng", "the office"),
}
"""Whose word something is, where nobody measured it."""

DEGREES: dict[Degree, Words] = {
    Degree.FOUND: Words("Xác định", "Found"),
    Degree.PROBABLE: Words("Rất có thể", "Probably"),
    Degree.UNKNOWN: Words("Chưa rõ", "Not known yet"),
}

VERDICTS: dict[Verdict, Words] = {
    Verdict.MACHINE: Words("tại một máy", "this PC"),
    Verdict.ROOM: Words("tại phòng: bộ chia mạng (switch) hoặc dây nối", "this room: its switch or cable"),
    Verdict.POWER: Words("mất điện", "power cut"),
    Verdict.LAN: Words("mạng nội bộ của trường", "the school's own network"),
    Verdict.LINE: Words("đường truyền Internet, từ modem trở ra", "the Internet line, from the modem outwards"),
    Verdict.DNS: Words("tên miền (DNS): vào được bằng địa chỉ, không vào được bằng tên", "names (DNS)"),
    Verdict.NATIONAL: Words("kết nối trong nước", "national routes"),
    Verdict.INTERNATIONAL: Words("kết nối quốc tế (trang trong nước vẫn vào được)", "international routes"),
    Verdict.SERVICE: Words("tại hệ thống đó, không phải ở trường", "that system, not the school"),
    Verdict.COLLECTOR: Words("máy chủ tổng hợp hoặc mạng của cơ quan quản lý", "the office's server or line"),
    Verdict.UNKNOWN: Words("nguyên nhân", "the cause"),
}

CAUSES: dict[Verdict, Words] = {
    Verdict.MACHINE: Words("riêng máy này", "this PC alone"),
    Verdict.ROOM: Words("bộ chia mạng (switch) của phòng", "the room's switch"),
    Verdict.POWER: Words("mất điện", "power cut"),
    Verdict.LAN: Words("mất mạng nội bộ", "local network lost"),
    Verdict.LINE: Words("mất Internet", "Internet lost"),
    Verdict.DNS: Words("tên miền (DNS)", "names (DNS)"),
    Verdict.SERVICE: Words("tại hệ thống đó", "that system"),
    Verdict.COLLECTOR: Words("máy chủ tổng hợp", "the office's server"),
}
"""How each is named among several that remain possible."""

WHERE: dict[str, Words] = {
    "power_attested": Words("mất điện ({said} xác nhận)", "power cut (confirmed by {said})"),
    "room_silent": Words("bộ chia mạng (switch) hoặc điện của phòng", "the room's switch or its power"),
    "rooms_silent": Words("mạng nội bộ, hoặc điện của các phòng này", "the local network, or these rooms' power"),
    "captive": Words(
        "trang chắn trên đường truyền (đăng nhập hoặc nợ cước)", "a page in the way (sign-in or unpaid bill)"
    ),
    "captive_in_part": Words(
        "trang chắn trên đường truyền (đăng nhập hoặc nợ cước)", "a page in the way (sign-in or unpaid bill)"
    ),
    "no_address": Words(
        "mạng nội bộ, máy không được cấp địa chỉ (DHCP)", "the local network, no addresses are handed out (DHCP)"
    ),
    "wrong_gateway": Words(
        "mạng nội bộ, các máy này được chỉ sai modem", "the local network, these PCs are pointed to a wrong modem"
    ),
    "mute": Words("Schooldrum trên máy đã dừng hoặc bị chặn", "Schooldrum was stopped or blocked on these PCs"),
    "mute_one": Words("Schooldrum trên máy đã dừng hoặc bị chặn", "Schooldrum was stopped or blocked on this PC"),
    "mute_guard": Words("phần mềm diệt virus đã chặn Schooldrum", "the antivirus blocked Schooldrum"),
    "machine_link": Words("dây mạng hoặc cổng mạng của máy", "the PC's network cable or socket"),
    "machine_silent": Words(
        "tại một máy: dây mạng, nguồn hoặc phần mềm trên máy", "this PC: its cable, its power or its program"
    ),
    "loss_room": Words("tại phòng: bộ chia mạng (switch) hoặc dây nối", "this room: its switch or cable"),
    "provider": Words("đường truyền, phía nhà mạng {provider}", "the line, provider {provider}'s side"),
    "provider_silent": Words("đường truyền, phía nhà mạng {provider}", "the line, provider {provider}'s side"),
    "provider_international": Words(
        "kết nối quốc tế, phía nhà mạng {provider}", "international routes, provider {provider}'s side"
    ),
    "provider_national": Words(
        "kết nối trong nước, phía nhà mạng {provider}", "national routes, provider {provider}'s side"
    ),
    "provider_dns": Words("tên miền (DNS), phía nhà mạng {provider}", "names (DNS), provider {provider}'s side"),
}
"""Where it lies, where the verdict's own word says less than is known."""

EVIDENCE: dict[str, Words] = {
    # Whole places
    "silent": Words(
        "{machines} máy ở {rooms} phòng ngừng gửi số liệu cùng lúc, không máy nào tắt bình thường.",
        "{machines} PCs in {rooms} rooms stopped reporting together, none shut down normally.",
    ),
    "silent_with_power": Words(
        "{machines} máy ở {rooms} phòng ngừng gửi số liệu cùng lúc; {said} cho biết vẫn có điện.",
        "{machines} PCs in {rooms} rooms stopped reporting together; {said} says that power is on.",
    ),
    "power_attested": Words(
        "{machines} máy ở {rooms} phòng ngừng gửi số liệu cùng lúc; {said} cho biết mất điện.",
        "{machines} PCs in {rooms} rooms stopped reporting together; {said} says that power is cut.",
    ),
    "power_woke": Words(
        "{machines} máy ở {rooms} phòng ngừng cùng lúc, không đo được gì, và khi có lại đều vừa khởi động.",
        "{machines} PCs in {rooms} rooms stopped together, measured nothing, and had just started when they came back.",
    ),
    "lan": Words(
        "{measured} máy ở {rooms} phòng không tới được modem.",
        "{measured} PCs in {rooms} rooms do not reach the modem.",
    ),
    "beyond_modem": Words(
        "{measured} máy ở {rooms} phòng tới được modem, không máy nào gửi được số liệu; chưa đo được xa hơn.",
        "{measured} PCs in {rooms} rooms reach the modem, none can report; farther out nothing was measured yet.",
    ),
    "line": Words(
        "{measured} máy ở {rooms} phòng tới được modem, không máy nào ra tới Internet.",
        "{measured} PCs in {rooms} rooms reach the modem, none gets through to the Internet.",
    ),
    "captive": Words(
        "{measured} máy ở {rooms} phòng nhận được một trang khác thay cho trang web cần mở.",
        "{measured} PCs in {rooms} rooms get another page in the place of the web site asked for.",
    ),
    "dns": Words(
        "{measured} máy ở {rooms} phòng ra được Internet bằng địa chỉ, không bằng tên miền.",
        "{measured} PCs in {rooms} rooms get through to the Internet by address, not by name.",
    ),
    "national": Words(
        "{measured} máy ở {rooms} phòng vào được trang quốc tế, không vào được trang trong nước.",
        "{measured} PCs in {rooms} rooms reach sites abroad, not those in the country.",
    ),
    "international": Words(
        "{measured} máy ở {rooms} phòng vào được trang trong nước, không vào được trang quốc tế.",
        "{measured} PCs in {rooms} rooms reach sites in the country, not those abroad.",
    ),
    "collector": Words(
        "{measured} máy ở {rooms} phòng vào được Internet, chỉ không gửi được số liệu về Sở.",
        "{measured} PCs in {rooms} rooms reach the Internet, only the office's server does not answer.",
    ),
    # Rooms
    "room": Words(
        "{measured}/{machines} máy của phòng tự đo: không tới được modem; {answering} máy ở phòng khác vẫn gửi được.",
        "{measured} of the room's {machines} PCs measured that they do not reach the modem; {answering} PCs of other "
        "rooms do.",
    ),
    "room_outside": Words(
        "{measured} máy của phòng tới được modem, không ra được Internet; {answering} máy ở phòng khác vẫn ra được.",
        "{measured} PCs of the room reach the modem, not the Internet; {answering} PCs of other rooms do.",
    ),
    "room_silent": Words(
        "{machines} máy đang bật của phòng ngừng gửi số liệu cùng lúc, không máy nào tắt bình thường; "
        "{answering} máy ở phòng khác vẫn tốt.",
        "{machines} PCs of the room that were on stopped reporting together, none shut down normally; {answering} PCs "
        "of other rooms are fine.",
    ),
    "room_silent_alone": Words(
        "{machines} máy của phòng ngừng gửi số liệu cùng lúc; không phòng nào khác bật máy để so.",
        "{machines} PCs of the room stopped reporting together; no other room had a PC on.",
    ),
    "room_in_part": Words(
        "{machines} máy của phòng ngừng gửi số liệu cùng lúc; {answering} máy khác vẫn tốt.",
        "{machines} PCs of the room stopped reporting together; {answering} others are fine.",
    ),
    "rooms": Words(
        "{measured} máy ở {rooms} phòng không tới được modem; {answering} máy ở phòng khác vẫn tới được.",
        "{measured} PCs in {rooms} rooms do not reach the modem; {answering} PCs of other rooms do.",
    ),
    "rooms_silent": Words(
        "{machines} máy ở {rooms} phòng ngừng gửi số liệu cùng lúc; {answering} máy ở phòng khác vẫn tốt.",
        "{machines} PCs in {rooms} rooms stopped reporting together; {answering} PCs of other rooms are fine.",
    ),
    "no_address": Words(
        "{machines} máy có dây mạng tốt nhưng không được cấp địa chỉ; {answering} máy khác vẫn tốt.",
        "{machines} PCs have a working cable but were given no address; {answering} others are fine.",
    ),
    "wrong_gateway": Words(
        "{machines} máy có địa chỉ nhưng không ra được qua modem đã chỉ; {answering} máy khác vẫn ra được.",
        "{machines} PCs have an address but do not get out by the modem they were pointed to; {answering} others do.",
    ),
    # One of several lines
    "second_line": Words(
        "{measured} máy ở {rooms} phòng tới được modem, không ra tới nhà mạng {provider}; đường còn lại vẫn tốt và "
        "đang gửi số liệu này.",
        "{measured} PCs in {rooms} rooms reach the modem, none gets through to provider {provider}; the other line "
        "works and carries this report.",
    ),
    "second_line_silent": Words(
        "{machines} máy dùng nhà mạng {provider} ngừng gửi số liệu cùng lúc; {answering} máy dùng đường còn lại vẫn "
        "tốt.",
        "{machines} PCs that use provider {provider} stopped reporting together; {answering} PCs on the other line "
        "are fine.",
    ),
    "second_line_unused": Words(
        "Cả {machines} máy đang gửi số liệu đều đi bằng đường còn lại, không máy nào qua nhà mạng {provider}.",
        "All {machines} PCs that report come by the other line, none by provider {provider}.",
    ),
    # One machine
    "machine_silent": Words(
        "Máy ngừng gửi số liệu, không tắt bình thường; {answering} máy khác của trường vẫn tốt.",
        "The PC stopped reporting without shutting down; {answering} other PCs of the school are fine.",
    ),
    "machine_alone": Words(
        "Máy ngừng gửi số liệu; lúc đó không máy nào khác bật để so.",
        "The PC stopped reporting; no other PC was on to compare with.",
    ),
    "machine_link": Words("Máy đo thấy dây mạng không có tín hiệu.", "The PC measured that its cable has no signal."),
    "machine_address": Words(
        "Máy không được cấp địa chỉ; {answering} máy khác vẫn tốt.",
        "The PC was given no address; {answering} others are fine.",
    ),
    "machine_gateway": Words(
        "Máy không tới được modem; {answering} máy khác vẫn tới được.",
        "The PC does not reach the modem; {answering} others do.",
    ),
    "machine_outside": Words(
        "Máy tới được modem, không ra được Internet; {answering} máy khác vẫn ra được.",
        "The PC reaches the modem, not the Internet; {answering} others do.",
    ),
    "machine_address_alone": Words(
        "Máy không được cấp địa chỉ; lúc đó không máy nào khác bật để so.",
        "The PC was given no address; no other PC was on to compare with.",
    ),
    "machine_gateway_alone": Words(
        "Máy không tới được modem; lúc đó không máy nào khác bật để so.",
        "The PC does not reach the modem; no other PC was on to compare with.",
    ),
    "machine_outside_alone": Words(
        "Máy tới được modem, không ra được Internet; lúc đó không máy nào khác bật để so.",
        "The PC reaches the modem, not the Internet; no other PC was on to compare with.",
    ),
    # Mute
    "mute": Words(
        "Máy cùng trường vẫn thấy {machines} máy này trong mạng, nhưng chúng không gửi số liệu.",
        "Other PCs of the school still see these {machines} on the network, but they do not report.",
    ),
    "mute_guard": Words(
        "Máy cùng trường vẫn thấy {machines} máy này trong mạng; tất cả dùng {guard}, máy dùng phần mềm diệt virus "
        "khác không bị.",
        "Other PCs of the school still see these {machines} on the network; all have {guard}, PCs with another "
        "antivirus report.",
    ),
    "mute_one": Words(
        "{seers} máy cùng trường vẫn thấy máy này trong mạng, nhưng nó không gửi số liệu.",
        "{seers} PCs of the school still see this one on the network, but it does not report.",
    ),
    # Heard, and not well
    "captive_in_part": Words(
        "{measured} máy nhận được một trang khác thay cho trang web cần mở.",
        "{measured} PCs get another page in the place of the web site asked for.",
    ),
    "line_in_part": Words(
        "{measured} máy gửi được số liệu, nhưng không vào được trang nào trong nước và quốc tế.",
        "{measured} PCs can report, but reach no site in the country or abroad.",
    ),
    "international_in_part": Words(
        "{measured} máy vào được trang trong nước, không vào được trang quốc tế.",
        "{measured} PCs reach sites in the country, not those abroad.",
    ),
    "national_in_part": Words(
        "{measured} máy vào được trang quốc tế, không vào được trang trong nước.",
        "{measured} PCs reach sites abroad, not those in the country.",
    ),
    "dns_in_part": Words(
        "{measured} máy ra được Internet bằng địa chỉ, không bằng tên miền.",
        "{measured} PCs get through to the Internet by address, not by name.",
    ),
    "service_here": Words(
        "{machines} máy của trường vào được Internet, không vào được {service}.",
        "{machines} PCs of the school reach the Internet, not {service}.",
    ),
    "loss_room": Words(
        "{measured} máy của phòng mất khoảng {percent}% gói tin; phòng khác vẫn tốt.",
        "{measured} PCs of the room lose about {percent} % of their packets; other rooms are fine.",
    ),
    "loss_lan": Words(
        "{measured} máy mất khoảng {percent}% gói tin, ngay từ đoạn tới modem.",
        "{measured} PCs lose about {percent} % of their packets, already on the way to the modem.",
    ),
    "loss_international": Words(
        "{measured} máy mất khoảng {percent}% gói tin khi ra quốc tế; trong nước vẫn tốt.",
        "{measured} PCs lose about {percent} % of their packets abroad; in the country all is well.",
    ),
    "loss_line": Words(
        "{measured} máy mất khoảng {percent}% gói tin sau modem; đoạn tới modem vẫn tốt.",
        "{measured} PCs lose about {percent} % of their packets past the modem; up to the modem all is well.",
    ),
    # Many schools
    "collector_down": Words(
        "{schools} trường không gửi được số liệu về Sở cùng lúc, dù vẫn vào được Internet.",
        "{schools} schools lost the office's server together, though they reach the Internet.",
    ),
    "collector_line": Words(
        "{schools} trường mất liên lạc cùng lúc; máy của Sở đặt cạnh máy chủ cũng không ra được Internet.",
        "{schools} schools fell silent together; the office's own PC beside the server has no Internet either.",
    ),
    "collector_line_alone": Words(
        "Máy của Sở đặt cạnh máy chủ không ra được Internet; không trường nào gửi được số liệu về.",
        "The office's own PC beside the server has no Internet; no school can report.",
    ),
    "all_schools_silent": Words(
        "{schools} trường mất liên lạc cùng lúc, gần như tất cả các trường đang bật máy.",
        "{schools} schools fell silent together, nearly all that have PCs on.",
    ),
    "provider": Words(
        "{together}/{of} trường dùng nhà mạng {provider} tại đây mất cùng lúc; {others} trường dùng nhà mạng khác vẫn "
        "bình thường; {measured} trường đã gửi số liệu: tới modem tốt, không ra được nhà mạng.",
        "{together} of {of} schools with provider {provider} here went together; {others} schools with other providers "
        "are fine; {measured} schools sent data: the modem answers, the provider does not.",
    ),
    "provider_silent": Words(
        "{together}/{of} trường dùng nhà mạng {provider} tại đây mất cùng lúc; {others} trường dùng nhà mạng khác vẫn "
        "bình thường. Số liệu của các trường chưa về đủ.",
        "{together} of {of} schools with provider {provider} here went together; {others} schools with other providers "
        "are fine. The schools' own data has not all come yet.",
    ),
    "area_power": Words(
        "{schools} trường trong khu vực mất liên lạc cùng lúc, dùng nhiều nhà mạng; {power} trường cho thấy mất điện.",
        "{schools} schools of the area fell silent together, with several providers; {power} of them show a power cut.",
    ),
    "area_line": Words(
        "{schools} trường trong khu vực mất Internet cùng lúc, dùng nhiều nhà mạng.",
        "{schools} schools of the area lost the Internet together, with several providers.",
    ),
    "area_silent": Words(
        "{schools} trường trong khu vực mất liên lạc cùng lúc, dùng nhiều nhà mạng; {others} trường khác vẫn gửi.",
        "{schools} schools of the area fell silent together, with several providers; {others} other schools report.",
    ),
    "provider_international": Words(
        "{schools}/{of} trường dùng nhà mạng {provider} không vào được trang quốc tế, trong nước vẫn tốt; {others} "
        "trường dùng nhà mạng khác vào được.",
        "{schools} of {of} schools with provider {provider} reach sites in the country, not abroad; {others} schools "
        "with other providers reach both.",
    ),
    "provider_national": Words(
        "{schools}/{of} trường dùng nhà mạng {provider} không vào được trang trong nước; {others} trường dùng nhà mạng "
        "khác vào được.",
        "{schools} of {of} schools with provider {provider} do not reach sites in the country; {others} schools with "
        "other providers do.",
    ),
    "provider_dns": Words(
        "{schools}/{of} trường dùng nhà mạng {provider} ra được bằng địa chỉ, không bằng tên; {others} trường dùng nhà "
        "mạng khác vẫn tốt.",
        "{schools} of {of} schools with provider {provider} get through by address, not by name; {others} schools with "
        "other providers are fine.",
    ),
    "area_international": Words(
        "{schools}/{of} trường đo được không vào trang quốc tế, dùng nhiều nhà mạng; trong nước vẫn tốt.",
        "{schools} of {of} schools that measured do not reach sites abroad, with several providers; in the country all "
        "is well.",
    ),
    "area_national": Words(
        "{schools}/{of} trường đo được không vào trang trong nước, dùng nhiều nhà mạng.",
        "{schools} of {of} schools that measured do not reach sites in the country, with several providers.",
    ),
    "area_dns": Words(
        "{schools}/{of} trường đo được ra bằng địa chỉ, không bằng tên miền, dùng nhiều nhà mạng.",
        "{schools} of {of} schools that measured get through by address, not by name, with several providers.",
    ),
    "service": Words(
        "{schools}/{of} trường đã thử đều không vào được; Internet các trường bình thường.",
        "{schools} of the {of} schools that tried cannot reach it; the schools' Internet is normal.",
    ),
    "service_and_office": Words(
        "{schools}/{of} trường đã thử và máy của Sở đều không vào được; Internet các trường bình thường.",
        "{schools} of the {of} schools that tried, and the office's own PC, cannot reach it; the schools' Internet is "
        "normal.",
    ),
}
"""What each evidence word says: one sentence with its counts."""

NOBODY_ELSE: dict[str, Words] = {
    "room": Words(
        "{measured}/{machines} máy của phòng tự đo: không tới được modem; không phòng nào khác bật máy để so.",
        "{measured} of the room's {machines} PCs measured that they do not reach the modem; no other room had a PC on.",
    ),
}
"""What evidence says where nobody answered to compare with."""

LONE = Words(
    "Một máy cho biết vẫn ra được: chưa loại trừ.",
    "One PC says that it got through: this is not excluded.",
)
"""Added where a single machine contradicts."""

BEFORE_THE_LAST = Words(
    "Trước đó {earlier} máy khác đã mất liên lạc.",
    "{earlier} others fell silent before.",
)
"""Added where a place lost the last of its PCs some time after others."""

BY_OTHER_LINE = Words(
    "{second} trường trong đó vẫn có Internet qua đường truyền khác.",
    "Of these, {second} schools have Internet by another line.",
)
"""Added where some of a provider's schools have another line that works."""

ALSO_BROKEN: dict[str, Words] = {
    Verdict.INTERNATIONAL: Words(
        "Trang quốc tế thì bằng địa chỉ cũng không vào được.", "Sites abroad cannot be reached by address either."
    ),
    Verdict.NATIONAL: Words(
        "Trang trong nước thì bằng địa chỉ cũng không vào được.",
        "Sites in the country cannot be reached by address either.",
    ),
}
"""Added where the verdict names one of two things that are broken."""
