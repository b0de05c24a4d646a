"""What the errors of Windows Update mean, as Microsoft documents them, and what mends each."""

import msgspec

from schooldrum_collector.judge.posture_words import Words

_NO_ANSWER = Words("không kết nối được máy chủ cập nhật", "the update server was not reached")
_NO_NAME = Words(
    "không tìm thấy tên máy chủ cập nhật hoặc proxy", "the name of the update server or proxy was not found"
)
_UNREACHED = "updates_unreached"
_NO_ENDPOINT = "0x80240438"
_TALKED = ("0x8024401", "0x8024402")
"""How the errors begin by which its server refused, as 404 (0x80244019) and 503 (0x80244022), or a proxy did."""
_DAMAGED = Words("tệp cập nhật của Windows bị hỏng", "Windows' own files for updates are damaged")


class UpdateError(msgspec.Struct, frozen=True):
    """What an error means, and which remedy of `posture_steps.FIXES` mends it."""

    meaning: Words
    fix: str


UPDATE_ERRORS: dict[str, UpdateError] = {
    # ERROR_DISK_FULL
    "0x80070070": UpdateError(Words("ổ đĩa hết chỗ", "the disk is full"), "updates_disk_full"),
    # WININET_E_TIMEOUT, _NAME_NOT_RESOLVED, _CANNOT_CONNECT, _CONNECTION_ABORTED
    "0x80072ee2": UpdateError(_NO_ANSWER, _UNREACHED),
    "0x80072ee7": UpdateError(_NO_NAME, _UNREACHED),
    "0x80072efd": UpdateError(_NO_ANSWER, _UNREACHED),
    "0x80072efe": UpdateError(_NO_ANSWER, _UNREACHED),
    # WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ, _SERVICE_UNAVAIL, WU_E_PT_WINHTTP_NAME_NOT_RESOLVED
    "0x8024401b": UpdateError(Words("proxy đòi đăng nhập", "the proxy asks for a login"), _UNREACHED),
    "0x80244022": UpdateError(_NO_ANSWER, _UNREACHED),
    "0x8024402c": UpdateError(_NO_NAME, _UNREACHED),
    # ERROR_FILE_CORRUPT, ERROR_SXS_ASSEMBLY_MISSING, ERROR_SXS_COMPONENT_STORE_CORRUPT,
    # ERROR_SXS_TRANSACTION_CLOSURE_INCOMPLETE, CBS_E_SOURCE_MISSING, CBS_E_STORE_CORRUPTION
    "0x80070570": UpdateError(_DAMAGED, "updates_damaged"),
    "0x80073701": UpdateError(_DAMAGED, "updates_damaged"),
    "0x80073712": UpdateError(_DAMAGED, "updates_damaged"),
    "0x8007371b": UpdateError(_DAMAGED, "updates_damaged"),
    "0x800f081f": UpdateError(_DAMAGED, "updates_damaged"),
    "0x800f0831": UpdateError(_DAMAGED, "updates_damaged"),
    # ERROR_SERVICE_DISABLED
    "0x80070422": UpdateError(
        Words("dịch vụ Windows Update bị tắt", "the service Windows Update is switched off"), "automatic_stopped"
    ),
    # ERROR_INSTALL_FAILURE, CBS_E_INSTALLERS_FAILED, WU_E_ALL_UPDATES_FAILED
    "0x80070643": UpdateError(
        Words("bộ cài của bản cập nhật báo lỗi", "the update's own installer failed"), "updates_failing"
    ),
    "0x800f0922": UpdateError(
        Words("một phần của bản cập nhật cài không được", "a part of the update could not be installed"),
        "updates_failing",
    ),
    "0x80240022": UpdateError(
        Words("không bản cập nhật nào cài được", "none of the updates could be installed"), "updates_failing"
    ),
    # WU_E_UH_POSTREBOOTSTILLPENDING
    "0x80242014": UpdateError(
        Words("bản cập nhật chờ khởi động lại", "the update waits for a restart"), "updates_restart"
    ),
}
"""By the code in lower case."""


def update_error(code: str) -> UpdateError | None:
    """What this code means, whatever its case; None for one that is not known here."""
    return UPDATE_ERRORS.get(code.casefold())


def is_of_the_server(code: str) -> bool:
    """Whether the server that updates come from did not answer, or refused."""
    error, folded = update_error(code), code.casefold()
    return (error is not None and error.fix == _UNREACHED) or folded == _NO_ENDPOINT or folded.startswith(_TALKED)
