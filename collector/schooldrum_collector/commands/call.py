"""What every command is handed, and how it opens the store beside a running collector."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from schooldrum_collector.commands.console import Console, Failed
from schooldrum_collector.config import Config
from schooldrum_collector.data_directory import Unsafe, prepare, require_store
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.interface import Damaged, Full, Locked, Overloaded, Store
from schooldrum_collector.store.opening import NAME
from schooldrum_collector.store.records import EVERYTHING, Change, Register, Scope
from schooldrum_collector.store.sqlite import open_store

ACTOR = "office"
"""Who the audit log says it was: whoever may run a command on the server."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A command being run: its configuration, its terminal, the clock (epoch seconds) and the environment."""

    config: Config
    console: Console
    refuse: Say
    """In which language it is said what keeps a command from running: in both where nobody has named one."""
    now: Callable[[], float]
    environ: Mapping[str, str]

    @property
    def say(self) -> Say:
        """In which language the person reads."""
        return self.console.say

    def change(self, action: str, subject: str, detail: str = "") -> Change:
        """A line for the audit log."""
        return Change(at=self.now(), actor=ACTOR, action=action, subject=subject, detail=detail)


def _no_data(call: Call) -> Failed:
    directory = call.config.data
    return Failed(
        call.refuse(
            f"Chưa có số liệu trong {directory}. Khởi động máy chủ trước, hoặc chỉ đúng thư mục bằng --data.",
            f"There is no data in {directory} yet. Start the collector first, or name the directory with --data.",
        )
    )


@contextmanager
def opened(call: Call, *, create: bool = False) -> Iterator[Store]:
    """The store, beside a running collector or alone; closed afterwards.

    Raises:
        Failed: there is none (unless `create`), or it cannot be used.
    """
    directory = call.config.data
    try:
        if not create and not directory.exists():
            raise _no_data(call)
        prepare(directory, call.refuse)
        require_store(directory, NAME, call.refuse)
        # A mistyped directory must not be answered from an empty store that was made there just now.
        if not create and not any(one.name.startswith(NAME) for one in directory.iterdir()):
            raise _no_data(call)
        store = open_store(directory, clock=call.now, serving=False)
    except (Damaged, Locked, Full, Unsafe) as trouble:
        raise Failed(told(trouble, call.refuse)) from trouble
    except OSError as trouble:
        raise Failed(
            call.refuse(
                f"Không mở được {directory}: {trouble.strerror}. Chạy lệnh bằng tài khoản của máy chủ tổng hợp.",
                f"{directory} cannot be opened: {trouble.strerror}. Run the command as the collector's account.",
            )
        ) from trouble
    try:
        yield store
    except (Damaged, Full, Overloaded) as trouble:
        raise Failed(told(trouble, call.say)) from trouble
    finally:
        store.close()


def scope_of(call: Call, register: Register, text: str) -> Scope:
    """The scope a person names: an area path, a school code, or nothing (or `/`) for everything.

    Raises:
        Failed: the register knows no such place.
    """
    place = text.strip().strip("/")
    if not place:
        return EVERYTHING
    if place in register.schools:
        return Scope(school=place)
    if place in register.areas:
        return Scope(area=place)
    raise Failed(
        call.say(
            f"Danh mục không có khu vực hay trường nào là {place!r}.",
            f"The register has no area and no school {place!r}.",
        )
    )
