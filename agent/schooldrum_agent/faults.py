"""Which ways there are for a delivery to fail, and what each means to a person at this PC, in both languages."""

import enum

from schooldrum_agent.sentence import Sentence


class Fault(enum.StrEnum):
    """Why a delivery or an enrolment did not come through: a closed list, stable for programs."""

    NAME = "name"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    TLS = "tls"
    TLS_AUTHORITY = "tls_authority"
    TLS_NAME = "tls_name"
    TLS_OLD = "tls_old"
    PROXY = "proxy"
    PROXY_LOGIN = "proxy_login"
    GARBLED = "garbled"
    OVERSIZED = "oversized"
    REDIRECTED = "redirected"
    ADDRESS = "address"
    PIN = "pin"
    TOKEN = "token"  # noqa: S105 - a word, no secret
    CREDENTIAL = "credential"
    CLONE = "clone"
    BUSY = "busy"
    NOT_FOUND = "not_found"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    SERVER = "server"


class Failed(Exception):  # noqa: N818 - it says what the request has
    """A request did not come through: which word, and the technical detail (never a secret, never a person's name).

    `retry_after` is how many seconds the collector asked to be left alone, None where it did not; `said` is the detail
    for a person, where the collector gave a sentence of its own.
    """

    def __init__(
        self, fault: Fault, detail: str, *, retry_after: int | None = None, said: Sentence | None = None
    ) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after
        self.said = said


_BY_STATUS = {
    400: Fault.MALFORMED,
    401: Fault.CREDENTIAL,
    403: Fault.CREDENTIAL,
    404: Fault.NOT_FOUND,
    405: Fault.NOT_FOUND,
    408: Fault.TIMEOUT,
    409: Fault.CLONE,
    413: Fault.TOO_LARGE,
    415: Fault.MALFORMED,
    422: Fault.MALFORMED,
    429: Fault.BUSY,
    503: Fault.BUSY,
}


def fault_of(status: int) -> Fault:
    """What an HTTP status of the collector's, other than success, comes to."""
    return _BY_STATUS.get(status, Fault.SERVER)


SENTENCES: dict[Fault, dict[str, str]] = {
    Fault.NAME: {
        "vi": "Không tìm thấy tên máy chủ tổng hợp (DNS). Kiểm tra địa chỉ trong cấu hình, rồi kiểm tra mạng.",
        "en": "The collector's name was not found (DNS). Check the address in the configuration, then the network.",
    },
    Fault.REFUSED: {
        "vi": "Máy chủ tổng hợp từ chối kết nối: dịch vụ chưa chạy, hoặc sai cổng trong địa chỉ.",
        "en": "The collector refused the connection: its service is not running, or the port in the address is wrong.",
    },
    Fault.UNREACHABLE: {
        "vi": "Không tới được máy chủ tổng hợp: máy này mất mạng, hoặc đường truyền bị gián đoạn.",
        "en": "The collector cannot be reached: this PC has no network, or the line is interrupted.",
    },
    Fault.TIMEOUT: {
        "vi": "Máy chủ tổng hợp không trả lời kịp: đường truyền kém, hoặc tường lửa chặn kết nối.",
        "en": "The collector did not answer in time: a poor line, or a firewall that drops the connection.",
    },
    Fault.CLOSED: {
        "vi": "Kết nối bị ngắt giữa chừng. Phần mềm sẽ tự gửi lại.",
        "en": "The connection was cut off half-way. The program will try again by itself.",
    },
    Fault.TLS: {
        "vi": "Không thiết lập được kết nối mã hóa: ở địa chỉ đó không phải máy chủ tổng hợp, hoặc phiên bản TLS quá "
        "cũ.",
        "en": "No encrypted connection came about: what answers there is not the collector, or its TLS is too old.",
    },
    Fault.TLS_AUTHORITY: {
        "vi": "Máy chủ trả lời không có chứng chỉ của cơ quan quản lý. Thường do thiết bị kiểm tra TLS hoặc trang "
        "đăng nhập Wi-Fi chen vào giữa: cho phép địa chỉ này đi thẳng.",
        "en": "What answered has no certificate of the office. Usually an appliance that inspects TLS, or a Wi-Fi "
        "login page, stands in between: let this address pass untouched.",
    },
    Fault.TLS_NAME: {
        "vi": "Chứng chỉ đúng của cơ quan quản lý nhưng cấp cho tên khác. Kiểm tra địa chỉ trong cấu hình.",
        "en": "The certificate is the office's but was issued for another name. Check the address in the "
        "configuration.",
    },
    Fault.TLS_OLD: {
        "vi": "Máy chủ dùng chứng chỉ cũ đã bị thay. Báo cho cơ quan quản lý.",
        "en": "The server shows an old certificate that has been replaced. Tell the office.",
    },
    Fault.PROXY: {
        "vi": "Không đi qua được máy chủ proxy. Kiểm tra cấu hình proxy, hoặc cho phép địa chỉ máy chủ tổng hợp.",
        "en": "The proxy does not let this through. Check the proxy setting, or allow the collector's address there.",
    },
    Fault.PROXY_LOGIN: {
        "vi": "Proxy đòi tên và mật khẩu. Phần mềm không dùng tài khoản của máy cho việc này: cho phép địa chỉ máy "
        "chủ tổng hợp đi qua proxy không cần đăng nhập.",
        "en": "The proxy wants a name and password. The program never uses the system's account for that: let the "
        "collector's address pass the proxy without a login.",
    },
    Fault.GARBLED: {
        "vi": "Câu trả lời không phải của máy chủ tổng hợp. Kiểm tra địa chỉ và cổng trong cấu hình.",
        "en": "The answer is not a collector's. Check address and port in the configuration.",
    },
    Fault.OVERSIZED: {
        "vi": "Câu trả lời quá lớn, không phải của máy chủ tổng hợp.",
        "en": "The answer is too large to be a collector's.",
    },
    Fault.REDIRECTED: {
        "vi": "Máy chủ chuyển hướng sang địa chỉ khác; phần mềm không đi theo. Ghi địa chỉ đúng vào cấu hình.",
        "en": "The server points to another address; the program does not follow. Put the right address into the "
        "configuration.",
    },
    Fault.ADDRESS: {
        "vi": "Địa chỉ máy chủ tổng hợp không dùng được. Cần dạng https://tên[:cổng]; http:// chỉ dùng trên chính máy "
        "này.",
        "en": "The collector's address cannot be used. Write https://name[:port]; http:// is for this very machine "
        "only.",
    },
    Fault.PIN: {
        "vi": "Mã cài đặt không phải của máy chủ này. Kiểm tra địa chỉ, hoặc xin mã cài đặt mới.",
        "en": "The install code is not of this server. Check the address, or ask for a new install code.",
    },
    Fault.TOKEN: {
        "vi": "Mã cài đặt không dùng được: sai, đã hết hạn, đã dùng hết lượt hoặc đã thu hồi. Xin mã mới.",
        "en": "The install code cannot be used: wrong, expired, used up or withdrawn. Ask for a new one.",
    },
    Fault.CREDENTIAL: {
        "vi": "Máy chủ tổng hợp không còn nhận máy này. Số liệu vẫn được giữ lại; hỏi cơ quan quản lý, nếu cần thì "
        "thêm máy lại.",
        "en": "The collector no longer knows this PC. Its data is kept; ask the office, and add the PC again if need "
        "be.",
    },
    Fault.CLONE: {
        "vi": "Máy trùng (do bung ghost): đang chờ máy chủ tổng hợp cấp số mới cho máy này.",
        "en": "A cloned PC (from a disk image): waiting for the collector to give this PC a record of its own.",
    },
    Fault.BUSY: {
        "vi": "Máy chủ tổng hợp đang bận. Phần mềm sẽ tự gửi lại sau.",
        "en": "The collector is busy. The program will try again later by itself.",
    },
    Fault.NOT_FOUND: {
        "vi": "Địa chỉ này không phải cửa nhận số liệu của máy chủ tổng hợp. Kiểm tra cổng trong cấu hình.",
        "en": "This address is not the collector's door for PCs. Check the port in the configuration.",
    },
    Fault.MALFORMED: {
        "vi": "Máy chủ tổng hợp không đọc được một phần số liệu; phần đó được để riêng. Có thể phiên bản hai bên quá "
        "khác nhau.",
        "en": "The collector could not read part of the data, which was set aside. The two versions may be too far "
        "apart.",
    },
    Fault.TOO_LARGE: {
        "vi": "Một phần số liệu quá lớn đối với máy chủ tổng hợp; phần đó được để riêng.",
        "en": "Part of the data is too large for the collector and was set aside.",
    },
    Fault.SERVER: {
        "vi": "Máy chủ tổng hợp đang gặp lỗi. Phần mềm sẽ tự gửi lại; báo cho cơ quan quản lý nếu kéo dài.",
        "en": "The collector has a fault of its own. The program will try again; tell the office if it lasts.",
    },
}
"""What `doctor` says for each fault."""
