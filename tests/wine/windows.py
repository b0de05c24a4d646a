"""How are programs run on Windows here: under Wine, in a prefix of their own, with the real Windows Python."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended: its exit code and what it printed, decoded as UTF-8, with line ends of this side."""

    code: int
    out: str
    err: str


class Running:
    """A Windows program that has been started; what it prints is gathered while it runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._printed: dict[str, list[bytes]] = {"out": [], "err": []}
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            threading.Thread(target=self._gather, args=(pipe, self._printed[name]), daemon=True)
            for name, pipe in (("out", process.stdout), ("err", process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _gather(pipe: IO[bytes], into: list[bytes]) -> None:
        with pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                into.append(chunk)

    def printed(self, name: str = "out") -> str:
        """What it has printed so far on `out` or `err`."""
        return b"".join(self._printed[name]).decode("utf-8", "replace").replace("\r\n", "\n")

    def wait_for(self, text: str, timeout: float = 60) -> None:
        """Returns as soon as the text stands in anything it printed; fails with all it printed otherwise."""
        deadline = time.monotonic() + timeout
        while text not in self.printed("out") + self.printed("err"):
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                state = "ended" if ended else f"is still running after {timeout} s"
                raise AssertionError(f"{text!r} was not printed; the program {state}:\n{self._everything()}")
            time.sleep(0.1)

    def _everything(self) -> str:
        return f"{self.printed('out')}\n{self.printed('err')}"

    def kill(self) -> None:
        """Ends it at once, as a power cut does: no handler of the program runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def ended(self, timeout: float) -> Ended:
        """Waits for its end.

        The pipes are not read to their end: a service that Wine starts meanwhile holds them open for good.
        """
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout} s:\n{self._everything()}") from None
        for reader in self._readers:
            reader.join(1)
        return Ended(code=self._process.returncode, out=self.printed("out"), err=self.printed("err"))


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """A Wine prefix (`prefix`) that says it is Windows 10, and the Windows Python in the folder `python`."""

    prefix: Path
    python: Path
    libraries: tuple[Path, ...] = ()

    def path(self, path: Path) -> str:
        """The same file as Windows programs name it (Z: is this system's root)."""
        return "Z:" + str(path.absolute()).replace("/", "\\")

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.prefix.parent),
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # No dialogs about Mono and Gecko, no menu entries on the developer's desktop.
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
            "PYTHONPATH": ";".join(self.path(folder) for folder in self.libraries),
            **more,
        }

    def start(self, *words: str, environment: Mapping[str, str] | None = None, typed: str = "") -> Running:
        """Starts a Windows program (`python` is ours). `typed` is its standard input."""
        program = [str(self.python / "python.exe"), *words[1:]] if words[0] == "python" else list(words)
        process = subprocess.Popen(
            ["wine", *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,  # a regular file gives "init_sys_streams: invalid handle" in Windows' Python
            stderr=subprocess.PIPE,
            env=self._environment(environment or {}),
            cwd=self.prefix,
            start_new_session=True,
        )
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(typed.encode())
        return Running(process)

    def run(
        self, *words: str, timeout: float = 60, environment: Mapping[str, str] | None = None, typed: str = ""
    ) -> Ended:
        """Runs a Windows program to its end; fails when that takes longer than `timeout` seconds."""
        return self.start(*words, environment=environment, typed=typed).ended(timeout)

    def _system(self, *words: str, timeout: float = 120) -> None:
        subprocess.run(
            words,
            env=self._environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=True,
        )

    def set_up(self) -> None:
        """Makes the prefix. Wine 8 says Windows 7 unless told otherwise."""
        self.prefix.mkdir(parents=True)
        # A persistent server keeps Wine's own services for the whole session, so that no program waits for them or
        # bequeaths them its pipes.
        self._system("wineserver", "-p")
        self._system("wine", "wineboot", "-i")
        self._system("wine", "winecfg", "-v", "win10")

    def reboot(self) -> None:
        """Ends everything in the prefix and starts Windows again, with the services that start by themselves."""
        self._system("wineserver", "-k")
        self._system("wineserver", "-w")
        self._system("wineserver", "-p")
        self._system("wine", "cmd", "/c", "exit")

    def tear_down(self) -> None:
        """Ends every program in the prefix and removes it."""
        subprocess.run(["wineserver", "-k"], env=self._environment({}), check=False, timeout=60)
        subprocess.run(["wineserver", "-w"], env=self._environment({}), check=False, timeout=60)
        shutil.rmtree(self.prefix, ignore_errors=True)


def install(wheel: Path, target: Path, pip: Sequence[str]) -> None:
    """Puts a wheel's packages into a folder, without what it depends on."""
    subprocess.run(
        [*pip, "--quiet", "install", "--no-deps", "--no-compile", f"--target={target}", str(wheel)],
        check=True,
        timeout=120,
    )
