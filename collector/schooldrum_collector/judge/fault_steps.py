"""What people are asked to do about a fault: one to three steps by role, in both languages, by the glossary."""

import re

from schooldrum_collector.judge.posture_words import Words

TAP = re.compile(r"\[[^\]]+\]")
"""A button, as a step names it."""

IT_OFFICER, PRINCIPAL, OFFICE = "it_officer", "principal", "office"
ROLES = (IT_OFFICER, PRINCIPAL, OFFICE)

Steps = tuple[Words, ...]

_MODEM = Words(
    "Xem modem của nhà mạng: đèn LOS có đỏ hoặc nháy đỏ không.",
    "Look at the provider's modem: is the LOS light red or blinking red?",
)
_LOS = Words(
    "LOS đỏ: gọi nhà mạng, đọc mã khách hàng ghi trong trang sự cố. Không đỏ: tắt modem 1 phút rồi bật lại.",
    "Red: call the provider with the customer number shown on the incident page. Not red: switch the modem off for one "
    "minute, then on.",
)
_HELP = Words("Vẫn không được: bấm [Cần hỗ trợ].", "Still nothing: tap [Help needed].")
_LEAVE_PCS = Words("Không cần kiểm tra máy và mạng nội bộ.", "No need to check PCs or the school's own network.")
_CALL = Words(
    "Gọi nhà mạng, đọc mã khách hàng ghi trong trang sự cố, hỏi cả tình trạng cước.",
    "Call the provider with the customer number shown on the incident page; ask about the bill as well.",
)
_INFORMED = Words(
    "Bấm [Đã báo nhà mạng] để Hiệu trưởng và Sở cùng biết.",
    "Tap [Provider informed], so that the principal and the office know.",
)
_SWITCH = Words(
    "Máy còn điện mà không có mạng: xem đèn bộ chia mạng, rút nguồn 10 giây rồi cắm lại, thử ổ cắm khác.",
    "PCs have power but no network: look at the switch's lights, unplug it for 10 seconds, try another socket.",
)
_ROOM_OFF = Words(
    "Nếu chính thầy/cô vừa ngắt điện cả phòng: bấm [Đã tắt phòng], không cần làm gì nữa.",
    "If you have just cut the room's power yourself: tap [Room switched off]; nothing else to do.",
)
_ASK_POWER = Words(
    "Cho biết trường có điện không: [Có điện] [Mất điện] [Trường nghỉ]",
    "Tell us whether the school has power: [Power is on] [Power cut] [School closed today]",
)
_IF_POWER = Words(
    "Nếu có điện: xem modem của nhà mạng, đèn LOS có đỏ hoặc nháy đỏ không.",
    "If power is on: look at the provider's modem. Is the LOS light red or blinking red?",
)
_ROUTER = Words(
    "Tắt modem (bộ định tuyến) 1 phút rồi bật lại, xem đèn bộ chia mạng (switch) chính.",
    "Switch the modem (router) off for one minute, then on; look at the main switch's lights.",
)
_CALL_SCHOOL = Words(
    "Gọi giáo viên phụ trách CNTT của trường: trường cần hỗ trợ.",
    "Call the IT officer of the school: the school needs help.",
)
_NOTHING = Words("Thầy/cô chưa cần làm gì.", "Nothing for you to do.")
_SCHOOL_KNOWS = Words("Không cần làm gì: trường đã nhận tin.", "Nothing to do: the school has been told.")
_NOT_IN_SCHOOL = Words(
    "Không cần kiểm tra mạng trong trường: sự cố ở bên ngoài.",
    "No need to check the school's network: the fault is outside.",
)
_PROVIDER_STEPS: Steps = (
    Words(
        "Gọi đầu mối nhà mạng {provider}, đọc mã sự cố; danh sách mã khách hàng trong trang sự cố.",
        "Call provider {provider}'s contact with the incident number; the customer numbers are on the incident page.",
    ),
    Words("Không cần gọi từng trường: các trường đã nhận tin.", "No need to call the schools: they have been told."),
    Words(
        "Nhà mạng trả lời: bấm [Ghi lại trả lời], giờ và nội dung được lưu.",
        "When the provider answers: tap [Record the answer]; time and text are kept.",
    ),
)
_SERVER_STEPS: Steps = (
    Words(
        "Kiểm tra đường truyền và máy chủ tổng hợp tại cơ quan quản lý.",
        "Check the office's own line and the collector.",
    ),
    Words(
        "Không cần gọi từng trường: số liệu chờ gửi sẽ tự về sau.",
        "No need to call the schools: their waiting data comes by itself.",
    ),
)
_SILENT: Steps = (_ASK_POWER, _IF_POWER, _LOS)
_LINE: Steps = (_LEAVE_PCS, _CALL, _INFORMED)
_ROOM: Steps = (_ROOM_OFF, _SWITCH, _HELP)
_LAN: Steps = (_ROUTER, _HELP)
_POWER: Steps = (
    Words("Không cần kiểm tra máy và mạng.", "No need to check PCs or the network."),
    Words(
        "Có điện lại, các máy bật lên sẽ tự gửi số liệu.", "When power is back, PCs that are switched on report again."
    ),
)
_MACHINE: Steps = (
    Words(
        "Khi tiện: xem máy có bật không, dây mạng có cắm chặt không.",
        "When convenient: see whether the PC is on and its cable sits firmly.",
    ),
    Words('Máy vẫn chạy: mở "Kiểm tra máy này" trong Start.', 'If it runs: open "Check this PC" in Start.'),
)
_MUTE: Steps = (
    Words(
        "Trên một máy: mở phần mềm diệt virus, xem mục Cách ly (Quarantine).",
        "On one PC: open the antivirus and look into Quarantine.",
    ),
    Words(
        "Nếu có Schooldrum: chọn Khôi phục và thêm vào danh sách tin cậy.",
        "If Schooldrum is there: choose Restore and add it to the allow list.",
    ),
    Words(
        'Trong Start mở "Kiểm tra máy này"; nếu không còn, cài lại bằng bộ cài của phòng.',
        'In Start open "Check this PC"; if it is gone, install again with the room\'s installer.',
    ),
)
_DNS: Steps = (
    Words("Tắt modem (bộ định tuyến) 1 phút rồi bật lại.", "Switch the modem (router) off for one minute, then on."),
    Words(
        "Vẫn không được: gọi nhà mạng, nói rõ là lỗi tên miền (DNS).",
        "Still nothing: call the provider and say that names (DNS) do not work.",
    ),
)
_ROUTES: Steps = (
    _LEAVE_PCS,
    Words(
        "Việc cần trang quốc tế hoặc trang bị ảnh hưởng: dời lại nếu được.",
        "What needs the sites concerned is better moved.",
    ),
)
_CAPTIVE: Steps = (
    Words(
        "Mở một trang web trên máy bất kỳ, đọc trang hiện ra: yêu cầu đăng nhập hay báo nợ cước.",
        "Open a web site on any PC and read the page that comes: does it ask to sign in, or about an unpaid bill?",
    ),
    _CALL,
)
_ADDRESS: Steps = (
    Words(
        "Tắt modem (bộ định tuyến) 1 phút rồi bật lại, sau đó khởi động lại một máy bị lỗi.",
        "Switch the modem (router) off for one minute, then on; then restart one of the PCs concerned.",
    ),
    Words(
        "Vẫn không được: tìm bộ phát Wi-Fi hoặc bộ định tuyến lạ mới cắm vào mạng, rút ra.",
        "Still nothing: look for a Wi-Fi box or router newly plugged into the network; unplug it.",
    ),
    _HELP,
)
_LOSS_LINE: Steps = (
    Words(
        "Gọi nhà mạng, nói rõ đường truyền mất gói; số liệu có trong trang sự cố.",
        "Call the provider and say that the line loses packets; the figures are on the incident page.",
    ),
    _INFORMED,
)
_SERVICE: Steps = (
    Words("Không cần kiểm tra mạng trong trường.", "No need to check the school's network."),
    Words(
        "Lưu số liệu đang nhập, chờ tin báo vào lại được.",
        "Save what you are entering and wait for the message that it is back.",
    ),
    Words(
        "Nếu sắp đến hạn nộp: ghi lại mã sự cố để giải trình.",
        "If a deadline is near: keep the incident number as your explanation.",
    ),
)
_TRY_ELSEWHERE: Steps = (
    Words("Thử mở hệ thống đó bằng mạng khác (điện thoại).", "Try that system over another network (a phone)."),
    Words(
        "Mạng khác vào được: gọi nhà mạng. Không vào được: chờ hệ thống.",
        "It opens there: call the provider. It does not: wait for the system.",
    ),
)

AT_SCHOOL: dict[str, Steps] = {
    "silent": _SILENT,
    "silent_with_power": (_MODEM, _LOS, _HELP),
    "power_attested": _POWER,
    "power_woke": _POWER,
    "lan": _LAN,
    "beyond_modem": (_MODEM, _LOS),
    "line": _LINE,
    "captive": _CAPTIVE,
    "dns": _DNS,
    "national": _ROUTES,
    "international": _ROUTES,
    "collector": (_NOT_IN_SCHOOL,),
    "room": (_SWITCH, _HELP),
    "room_outside": _LAN,
    "room_silent": _ROOM,
    "room_silent_alone": _SILENT,
    "room_in_part": (_SWITCH, _HELP),
    "rooms": _LAN,
    "rooms_silent": _ROOM,
    "no_address": _ADDRESS,
    "wrong_gateway": _ADDRESS,
    "second_line": _LINE,
    "second_line_silent": _LINE,
    "second_line_unused": _LINE,
    "machine_silent": _MACHINE,
    "machine_alone": _SILENT,
    "machine_link": _MACHINE,
    "machine_address": _MACHINE,
    "machine_gateway": _MACHINE,
    "machine_outside": _MACHINE,
    "machine_address_alone": _MACHINE,
    "machine_gateway_alone": _LAN,
    "machine_outside_alone": (_MODEM, _LOS),
    "mute": _MUTE,
    "mute_guard": _MUTE,
    "mute_one": _MUTE,
    "captive_in_part": _CAPTIVE,
    "line_in_part": _LINE,
    "international_in_part": _ROUTES,
    "national_in_part": _ROUTES,
    "dns_in_part": _DNS,
    "service_here": _TRY_ELSEWHERE,
    "loss_room": (_SWITCH, _HELP),
    "loss_lan": _LAN,
    "loss_international": _ROUTES,
    "loss_line": _LOSS_LINE,
    "collector_down": (_NOT_IN_SCHOOL,),
    "collector_line": (_NOT_IN_SCHOOL,),
    "collector_line_alone": (_NOT_IN_SCHOOL,),
    "all_schools_silent": _SILENT,
    "provider": (_NOT_IN_SCHOOL,),
    "provider_silent": (_NOT_IN_SCHOOL,),
    "area_power": _POWER,
    "area_line": (_NOT_IN_SCHOOL,),
    "area_silent": _SILENT,
    "provider_international": _ROUTES,
    "provider_national": _ROUTES,
    "provider_dns": _ROUTES,
    "area_international": _ROUTES,
    "area_national": _ROUTES,
    "area_dns": _ROUTES,
    "service": _SERVICE,
    "service_and_office": _SERVICE,
}
"""For the IT officer of the school."""

AT_OFFICE: dict[str, Steps] = {
    "collector": _SERVER_STEPS,
    "collector_down": _SERVER_STEPS,
    "collector_line": _SERVER_STEPS,
    "collector_line_alone": _SERVER_STEPS,
    "all_schools_silent": _SERVER_STEPS,
    "provider": _PROVIDER_STEPS,
    "provider_silent": _PROVIDER_STEPS,
    "provider_international": _PROVIDER_STEPS,
    "provider_national": _PROVIDER_STEPS,
    "provider_dns": _PROVIDER_STEPS,
    "area_power": (
        Words("Hỏi điện lực về khu vực này.", "Ask the power company about this area."),
        Words("Không cần gọi từng trường.", "No need to call the schools."),
    ),
    "area_line": (
        Words("Hỏi các nhà mạng về khu vực này.", "Ask the providers about this area."),
        Words("Không cần gọi từng trường.", "No need to call the schools."),
    ),
    "area_silent": (
        Words(
            "Hỏi điện lực và các nhà mạng về khu vực này.", "Ask the power company and the providers about this area."
        ),
        Words("Gọi một trường trong khu vực: có điện không.", "Call one school of the area: does it have power?"),
    ),
    "area_international": (
        Words("Không cần làm gì: chờ các nhà mạng khôi phục.", "Nothing to do: the providers have to restore it."),
    ),
    "area_national": (
        Words("Không cần làm gì: chờ các nhà mạng khôi phục.", "Nothing to do: the providers have to restore it."),
    ),
    "area_dns": (
        Words("Hỏi các nhà mạng về dịch vụ tên miền (DNS).", "Ask the providers about their names service (DNS)."),
    ),
    "service": (
        Words("Báo đơn vị vận hành hệ thống, đọc mã sự cố.", "Tell whoever runs the system; give the incident number."),
        Words(
            "Không cần gọi từng trường: các trường đã nhận tin.", "No need to call the schools: they have been told."
        ),
    ),
    "service_and_office": (
        Words("Báo đơn vị vận hành hệ thống, đọc mã sự cố.", "Tell whoever runs the system; give the incident number."),
        Words(
            "Không cần gọi từng trường: các trường đã nhận tin.", "No need to call the schools: they have been told."
        ),
    ),
}
"""For the office, where it has something to do."""

FOR_PRINCIPAL: Steps = (_NOTHING,)
OTHERWISE_AT_OFFICE: Steps = (_SCHOOL_KNOWS,)
HELP_AT_OFFICE: Steps = (_CALL_SCHOOL,)
"""For the office, once the school has asked it for help."""
