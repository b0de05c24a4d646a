"""The agent as a Windows service: what the service manager says becomes hello and goodbye with their kinds.

The process hosts itself (StartServiceCtrlDispatcher), so the same words start it from python.exe and from one built
executable. It stops at preshutdown, before the network goes, and says goodbye before sleep. Fast Startup hibernates
the kernel after a preshutdown of its own, so it is a shutdown like any other here.
Sources: learn.microsoft.com, "Service Control Handler Function", "SERVICE_PRESHUTDOWN_INFO", "WM_POWERBROADCAST".
"""

import importlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from schooldrum_agent import log
from schooldrum_agent.agent import Agent
from schooldrum_agent.sentence import Sentence

NAME = "Schooldrum"
TITLE = "Schooldrum"
DESCRIPTION = (
    "Reports this PC's hardware, connection and update state to the school's education office. "
    "Báo tình trạng máy, kết nối và bản vá về cơ quan quản lý. Không theo dõi người dùng."
)
PRIVILEGES = ("SeChangeNotifyPrivilege", "SeSystemEnvironmentPrivilege")
"""All that LocalSystem keeps here: to walk into folders, and to read whether Secure Boot is on."""
PRESHUTDOWN_MILLISECONDS = 10_000
SLEEP_SECONDS = 1.5
"""While the handler has not returned, Windows keeps the network up for the goodbye."""
_HINT = 10_000
_RESTART_MILLISECONDS = 60_000
_FORGIVEN_SECONDS = 86_400
_SUSPENDING, _RESUMED = 4, 18
_FAILED = 1066
_ALREADY_STOPPED = 1062
_NOT_INSTALLED = 1060


class ServiceTrouble(Exception):  # noqa: N818 - it says what the service has
    """The service cannot be installed, removed or run, and why."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.sentence = Sentence(vietnamese, english)
        super().__init__(self.sentence)


def _modules() -> tuple[Any, Any, Any]:
    try:
        return (
            importlib.import_module("win32service"),
            importlib.import_module("win32serviceutil"),
            importlib.import_module("servicemanager"),
        )
    except ImportError as missing:
        raise ServiceTrouble(
            "chỉ Windows có dịch vụ kiểu này, và cần pywin32 (pip install pywin32)",
            "services exist on Windows only, and need pywin32 (pip install pywin32)",
        ) from missing


def quoted(word: str) -> str:
    """A word of a Windows command line; a path cannot hold a quotation mark, and a last backslash would hide ours."""
    return f'"{word.rstrip(chr(92))}"' if " " in word or "\t" in word else word


def install(command: Sequence[str]) -> list[Sentence]:
    """Registers the service to start with Windows; returns sentences about what this Windows did not take.

    `command` is the program and its words, ending in `service run`. A service of this name is changed, not doubled.

    Raises:
        ServiceTrouble: no right to do so, or no Windows.
    """
    win32service, _, _ = _modules()
    line = " ".join(quoted(word) for word in command)
    try:
        manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_ALL_ACCESS)
    except win32service.error as refused:
        raise ServiceTrouble(
            "muốn đăng ký dịch vụ, hãy mở Command Prompt bằng quyền quản trị (Run as administrator)",
            "installing the service needs an administrator's command prompt",
        ) from refused
    try:
        try:
            service = win32service.CreateService(
                manager, NAME, TITLE, win32service.SERVICE_ALL_ACCESS, win32service.SERVICE_WIN32_OWN_PROCESS,
                win32service.SERVICE_AUTO_START, win32service.SERVICE_ERROR_NORMAL, line, None, 0, None, None, None,
            )  # fmt: skip
        except win32service.error:
            service = win32service.OpenService(manager, NAME, win32service.SERVICE_ALL_ACCESS)
            win32service.ChangeServiceConfig(
                service, win32service.SERVICE_NO_CHANGE, win32service.SERVICE_AUTO_START,
                win32service.SERVICE_NO_CHANGE, line, None, 0, None, None, None, TITLE,
            )  # fmt: skip
        try:
            return _configure(win32service, service)
        finally:
            win32service.CloseServiceHandle(service)
    except win32service.error as refused:
        raise ServiceTrouble(
            f"Windows không cho đăng ký dịch vụ: {refused.strerror}",
            f"Windows refused to register the service: {refused.strerror}",
        ) from refused
    finally:
        win32service.CloseServiceHandle(manager)


def _configure(win32service: Any, service: Any) -> list[Sentence]:
    restart = (win32service.SC_ACTION_RESTART, _RESTART_MILLISECONDS)
    wishes: list[tuple[Sentence, int, Any]] = [
        (Sentence("lời mô tả", "its description"), win32service.SERVICE_CONFIG_DESCRIPTION, DESCRIPTION),
        (
            Sentence("tự khởi động lại sau khi ngừng đột ngột", "restarting after a failure"),
            win32service.SERVICE_CONFIG_FAILURE_ACTIONS,
            {"ResetPeriod": _FORGIVEN_SECONDS, "RebootMsg": "", "Command": "", "Actions": [restart] * 3},
        ),
        (
            Sentence("tự khởi động lại sau lỗi", "restarting after an error"),
            win32service.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
            True,
        ),
        (
            Sentence("thời gian để báo tắt máy", "time for the goodbye"),
            win32service.SERVICE_CONFIG_PRESHUTDOWN_INFO,
            PRESHUTDOWN_MILLISECONDS,
        ),
        (Sentence("bớt quyền", "fewer privileges"), win32service.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, PRIVILEGES),
    ]
    missed: list[Sentence] = []
    for what, level, value in wishes:
        try:
            win32service.ChangeServiceConfig2(service, level, value)
        except (win32service.error, NotImplementedError) as refused:
            missed.append(
                Sentence(
                    f"Windows không nhận {what.vietnamese}: {refused}",
                    f"Windows did not take {what.english}: {refused}",
                )
            )
    return missed


def remove() -> None:
    """Stops the service and takes it out of Windows; nothing happens where there is none.

    Raises:
        ServiceTrouble: no right to do so, or no Windows.
    """
    win32service, win32serviceutil, _ = _modules()
    try:
        win32serviceutil.StopService(NAME)
    except win32service.error as refused:
        if refused.winerror == _NOT_INSTALLED:
            return
        if refused.winerror != _ALREADY_STOPPED:
            raise ServiceTrouble(
                f"không dừng được dịch vụ: {refused.strerror}",
                f"the service cannot be stopped: {refused.strerror}",
            ) from refused
    try:
        win32serviceutil.RemoveService(NAME)
    except win32service.error as refused:
        if refused.winerror == _NOT_INSTALLED:
            # Stopped a moment ago, it has gone meanwhile: seen under Wine, where an earlier removal ends late.
            return
        raise ServiceTrouble(
            f"không gỡ được dịch vụ: {refused.strerror}",
            f"the service cannot be removed: {refused.strerror}",
        ) from refused


class Hosted:
    """What the service manager starts and talks to; `SvcRun` is the name that pywin32 asks for."""

    def __init__(self, make_agent: Callable[[], Agent], words: Sequence[str]) -> None:
        self._win32service, _, self._manager = _modules()
        self._make_agent = make_agent
        self._agent: Agent | None = None
        self._leaving = ""
        self._lock = threading.Lock()
        self._handle = self._manager.RegisterServiceCtrlHandler(words[0], self.heed, True)  # noqa: FBT003 - pywin32's
        self._tell(self._win32service.SERVICE_START_PENDING)

    def SvcRun(self) -> None:  # noqa: N802 - pywin32's name
        """The service, from its start to its end.

        Never raises: Windows learns of a failure by the exit code, and starts the service again.
        """
        self._tell(self._win32service.SERVICE_RUNNING)
        try:
            agent = self._make_agent()
            with self._lock:
                self._agent = agent
                if self._leaving:
                    agent.stop(self._leaving)
            agent.run()
        except Exception as problem:  # noqa: BLE001 - the service manager's thread ends here
            log.error(f"the agent cannot run: {problem}")
            self._manager.LogErrorMsg(f"Schooldrum cannot run: {problem}")
            self._tell(self._win32service.SERVICE_STOPPED, failure=_FAILED)
        else:
            self._tell(self._win32service.SERVICE_STOPPED)

    def heed(self, control: int, event: int, _data: object) -> int:
        """What the service manager says; returns 0 (heard)."""
        known = self._win32service
        if control in {known.SERVICE_CONTROL_STOP, known.SERVICE_CONTROL_SHUTDOWN}:
            self._leave("stop" if control == known.SERVICE_CONTROL_STOP else "shutdown")
        elif control == known.SERVICE_CONTROL_PRESHUTDOWN:
            self._leave("shutdown")
        elif control == known.SERVICE_CONTROL_POWEREVENT and self._agent is not None:
            if event == _SUSPENDING:
                self._agent.suspending()
                time.sleep(SLEEP_SECONDS)
            elif event == _RESUMED:
                self._agent.resumed()
        return 0

    def _leave(self, kind: str) -> None:
        self._tell(self._win32service.SERVICE_STOP_PENDING)
        with self._lock:
            self._leaving = kind
            if self._agent is not None:
                self._agent.stop(kind)

    def _tell(self, state: int, *, failure: int = 0) -> None:
        known = self._win32service
        heeded = known.SERVICE_ACCEPT_STOP | known.SERVICE_ACCEPT_PRESHUTDOWN | known.SERVICE_ACCEPT_POWEREVENT
        running = state == known.SERVICE_RUNNING
        hint = 0 if running or state == known.SERVICE_STOPPED else _HINT
        self._win32service.SetServiceStatus(
            self._handle,
            (
                known.SERVICE_WIN32_OWN_PROCESS,
                state,
                heeded if running else 0,
                failure,
                int(failure != 0),
                0,
                hint,
            ),
        )


def serve(make_agent: Callable[[], Agent]) -> None:
    """Runs the agent under the service manager until it says stop; only the service manager may call this.

    Raises:
        ServiceTrouble: this process was not started by the service manager.
    """
    win32service, _, manager = _modules()

    def hosted(words: Sequence[str]) -> Hosted:
        return Hosted(make_agent, words)

    hosted._svc_name_ = NAME  # type: ignore[attr-defined]  # pywin32 asks whatever it calls for this name
    manager.Initialize()
    manager.PrepareToHostSingle(hosted)
    try:
        manager.StartServiceCtrlDispatcher()
    except win32service.error as refused:
        raise ServiceTrouble(
            "`service run` là lệnh để Windows tự gọi; muốn chạy thử bằng tay, dùng: schooldrum-agent run",
            "`service run` is what Windows' service manager starts; to run here by hand use: schooldrum-agent run",
        ) from refused
    # Whatever still hangs (a probe, a name look-up) must not hold up a shutdown.
    os._exit(0)
