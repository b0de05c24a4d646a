"""The way from this PC to the internet, climbed here and now and told in words: what answers, what not, what to do."""

from collections.abc import Sequence

import msgspec

from schooldrum_agent.climbing import targets_of
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config
from schooldrum_agent.examine import examine
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import load
from schooldrum_agent.step import Step, Verdict
from schooldrum_agent.targets import COLLECTOR, WHOLE, Office, Order
from schooldrum_wire.catalogue.ladder import CAPTIVE_PORTAL, LADDER, STEPS, TLS_INSPECTED
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Row

SECONDS = 8.0
_TRIES = 2
_Texts = dict[str, str]
_TITLES: dict[str, _Texts] = {
    "link": {"vi": "Dây mạng hoặc Wi-Fi của máy này", "en": "This PC's cable or Wi-Fi"},
    "address": {"vi": "Địa chỉ mạng của máy này", "en": "This PC's network address"},
    "gateway": {"vi": "Modem (bộ định tuyến)", "en": "Modem (router)"},
    "resolver": {"vi": "Tên miền (DNS) của mạng này", "en": "Names (DNS) of this network"},
    "independent_resolver": {"vi": "Tên miền (DNS) công cộng", "en": "Public names (DNS)"},
    "provider": {"vi": "Nhà mạng, ngay sau modem", "en": "The provider, right behind the modem"},
    "national": {"vi": "Kết nối trong nước", "en": "National routes"},
    "international": {"vi": "Kết nối quốc tế", "en": "International routes"},
    "collector": {"vi": "Máy chủ tổng hợp", "en": "The collector (office server)"},
}
_GOOD: _Texts = {"vi": "có trả lời.", "en": "answers."}
_NOT_TRIED: _Texts = {"vi": "chưa thử được.", "en": "could not be tried."}
_NO_ROUTE: _Texts = {
    "vi": "máy không biết modem nào. Khởi động lại máy; nếu địa chỉ được đặt bằng tay, xem lại cổng ra (gateway).",
    "en": "the PC knows no modem. Restart it; where the address was set by hand, look at its gateway.",
}
_NO_NAMES_EITHER: _Texts = {
    "vi": "không tìm được tên, nhưng bên ngoài cũng không có gì trả lời: chưa chắc lỗi ở đây.",
    "en": "finds no names, but nothing outside answers either: the fault may not be here.",
}
_SILENT_GATEWAY: _Texts = {
    "vi": "không trả lời; có modem vốn không trả lời. Thử lại sau 1 phút.",
    "en": "does not answer, and some modems never do. Try again in a minute.",
}
_BAD: dict[str, _Texts] = {
    "link": {
        "vi": "không có tín hiệu. Cắm lại dây mạng ở máy và ở bộ chia mạng (switch), hoặc bật lại Wi-Fi.",
        "en": "no signal. Plug the cable in again, at the PC and at the switch, or switch Wi-Fi on.",
    },
    "address": {
        "vi": "máy không được cấp địa chỉ. Tắt modem 1 phút rồi bật lại; nếu chỉ máy này bị, khởi động lại máy.",
        "en": "the PC was given no address. Switch the modem off for one minute; if only this PC has it, restart it.",
    },
    "gateway": {
        "vi": "không tới được modem. Xem nguồn điện của modem và bộ chia mạng (switch), cắm lại dây nối giữa hai thiết "
        "bị.",
        "en": "the modem is not reached. Look at the power of modem and switch, and plug the cable between them again.",
    },
    "resolver": {
        "vi": "không tìm được tên. Nếu kết nối trong nước vẫn tốt: tắt modem 1 phút rồi bật lại.",
        "en": "finds no names. If the national routes are good: switch the modem off for one minute.",
    },
    "independent_resolver": {
        "vi": "không trả lời. Một số mạng chặn; tự nó chưa phải là lỗi.",
        "en": "does not answer. Some networks block it; alone it is no fault.",
    },
    "provider": {
        "vi": "không ra được sau modem. Xem đèn LOS trên modem; nếu đỏ hoặc nháy đỏ, gọi nhà mạng, hỏi cả cước.",
        "en": "nothing gets out behind the modem. Look at its LOS light: red or blinking, call the provider, and ask "
        "about the bill.",
    },
    "national": {
        "vi": "không tới được máy chủ nào trong nước.",
        "en": "no server in the country is reached.",
    },
    "international": {
        "vi": "không tới được máy chủ nào ở nước ngoài. Nếu trong nước vẫn tốt thì không phải lỗi của trường.",
        "en": "no server abroad is reached. If the national routes are good, it is no fault of the school.",
    },
    "collector": {
        "vi": "không trả lời. Nếu các bước trên đều tốt thì không cần làm gì: số liệu được giữ lại và tự gửi bổ sung.",
        "en": "does not answer. If all above is good there is nothing to do: data is kept and sent afterwards.",
    },
}
_REASONS: dict[str, _Texts] = {
    "self_assigned": {
        "vi": "máy tự đặt địa chỉ 169.254…, vì không có thiết bị nào cấp. Tắt modem 1 phút rồi bật lại.",
        "en": "the PC gave itself an address (169.254…) because nothing else did. Switch the modem off for one minute.",
    },
    "captive": {
        "vi": "một trang đăng nhập Wi-Fi trả lời thay. Mở trình duyệt và đăng nhập mạng.",
        "en": "a Wi-Fi login page answers in its place. Open a browser and log in to the network.",
    },
    "inspected": {
        "vi": "có thiết bị hoặc phần mềm diệt virus mở kết nối mã hóa ở giữa. Cho phép địa chỉ này đi thẳng.",
        "en": "an appliance or an antivirus opens encrypted connections in between. Let this address pass untouched.",
    },
    "clock": {
        "vi": "đồng hồ của máy sai nên chứng chỉ không hợp lệ. Đặt lại ngày giờ; có thể pin trên bo mạch đã hết.",
        "en": "this PC's clock is wrong, so certificates do not count. Set it; the battery on the board may be empty.",
    },
}
_LINE: _Texts = {
    "vi": "Đường truyền Internet, từ modem trở ra",
    "en": "The Internet line, from the modem outwards",
}
_INNER = frozenset({"link", "address", "gateway"})
_FAR_ENDS = frozenset({"national", "international"})
_OUTSIDE = _FAR_ENDS | {"independent_resolver", "collector"}
"""Steps that answer from beyond the provider's first hop; a resolver may stand in the school."""
_CAPTIVE: _Texts = {"vi": "Trang đăng nhập Wi-Fi", "en": "Wi-Fi login page"}
_INSPECTED: _Texts = {"vi": "Kết nối mã hóa bị mở giữa đường", "en": "Encrypted connections opened on the way"}
_LADDER: _Texts = {"vi": "Đường ra Internet", "en": "The way to the internet"}


class Climbed(msgspec.Struct, frozen=True, kw_only=True):
    """A climb as it is told, and its rows as a collector may be shown them (none where nothing could be asked).

    `nearest` names the nearest fault where several steps together tell it; None: it is that of the first that is bad.
    """

    steps: tuple[Step, ...]
    nearest: dict[str, str] | None = None
    rows: tuple[Row, ...] = ()


def climb(config: Config, office: Office | None, *, clock: Clock, system: str) -> Climbed:
    """Climbs and tells, within ten seconds. Raises nothing that a network could cause."""
    order = Order(
        extent=COLLECTOR if config.ladder == "collector" else WHOLE,
        seconds=SECONDS,
        tries=_TRIES,
        office=office,
        targets=targets_of(config),
    )
    doors = Doors(
        procfs=config.procfs,
        sysfs=config.sysfs,
        rootfs=config.rootfs,
        boottime=clock.boottime,
        wall=clock.wall,
        way=lambda: order,
    )
    answer = examine(load(LADDER.name), doors, system)
    if answer.outcome is not Outcome.OK:
        said = f"{answer.outcome}: {answer.reason}"
        return Climbed(steps=(Step(verdict=Verdict.UNKNOWN, title=_LADDER, found={"vi": said, "en": said}),))
    return Climbed(
        steps=tuple(told(answer.rows, answer.readings, extent=order.extent)),
        nearest=nearest(answer.rows, answer.readings),
        rows=tuple(row for row in answer.rows if row.section == LADDER.name),
    )


def nearest(rows: Sequence[Row], readings: Sequence[Reading]) -> dict[str, str] | None:
    """What several steps together say is broken nearest: the line, where the modem is reached and no far end is.

    Else None, and the nearest step that is bad says it.
    """
    passed, failed = _passed(rows), _failed(rows)
    reached = passed & {"gateway", "provider", *_OUTSIDE} and not failed & _INNER
    cut = failed >= _FAR_ENDS or _is_silent_outside(rows)
    return _LINE if reached and cut and not _is_captive(rows, readings) else None


def told(rows: Sequence[Row], readings: Sequence[Reading], *, extent: str) -> list[Step]:
    """A ladder's rows and readings as steps, the nearest first; what lies behind a fault is not known, not bad."""
    silent = _is_silent_outside(rows) and not _is_captive(rows, readings)
    steps = [
        _told(step, rows, silent=silent)
        for step in STEPS
        if extent == WHOLE or step in {"link", "address", "gateway", "collector"}
    ]
    flags = {reading.name for reading in readings if reading.value}
    for metric, title, reason in ((CAPTIVE_PORTAL, _CAPTIVE, "captive"), (TLS_INSPECTED, _INSPECTED, "inspected")):
        if metric.name in flags:
            steps.append(Step(verdict=Verdict.BAD, title=title, found=_REASONS[reason]))
    return steps


def _passed(rows: Sequence[Row]) -> set[str]:
    # A network without IPv6 is a sound one, and one target of several is enough.
    return {str(row.values["step"]) for row in rows if row.values["state"] == "ok"}


def _failed(rows: Sequence[Row]) -> set[str]:
    return {str(row.values["step"]) for row in rows} - _passed(rows)


def _is_silent_outside(rows: Sequence[Row]) -> bool:
    """Whether nobody outside the school answered, so that a resolver which finds no names may be sound itself."""
    return not _passed(rows) & _OUTSIDE and not _failed(rows).isdisjoint({"provider", *_FAR_ENDS})


def _is_captive(rows: Sequence[Row], readings: Sequence[Reading]) -> bool:
    paged = any(reading.name == CAPTIVE_PORTAL.name and reading.value for reading in readings)
    return paged or any(row.values["reason"] == "captive" for row in rows)


def _told(step: str, rows: Sequence[Row], *, silent: bool) -> Step:
    tried = [row.values for row in rows if row.values["step"] == step]
    title = _TITLES[step]
    if not tried:
        addressed = any(row.values["step"] == "address" and row.values["state"] == "ok" for row in rows)
        found = _SILENT_GATEWAY if step == "gateway" and addressed else _NOT_TRIED
        return Step(verdict=Verdict.UNKNOWN, title=title, found=found)
    if step in _passed(rows):
        return Step(verdict=Verdict.GOOD, title=title, found=_GOOD)
    reason = str(tried[0]["reason"])
    if step == "gateway" and reason == "no_route":
        return Step(verdict=Verdict.BAD, title=title, found=_NO_ROUTE)
    if step == "resolver" and silent:
        return Step(verdict=Verdict.UNKNOWN, title=title, found=_NO_NAMES_EITHER)
    alone = step == "independent_resolver"
    return Step(verdict=Verdict.UNKNOWN if alone else Verdict.BAD, title=title, found=_REASONS.get(reason, _BAD[step]))
