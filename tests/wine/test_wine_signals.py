"""What ends an agent that a person started by hand on Windows: Ctrl-C, as the console sends it."""

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
PROGRAM = """
import _queue, ctypes
from schooldrum_agent.signals import heed, kind_of_stop
told = _queue.SimpleQueue()
heed(told.put, lambda: None, lambda: kind_of_stop("/", lambda: 0.0))
ctypes.windll.kernel32.FreeConsole()
ctypes.windll.kernel32.AllocConsole()
sent = ctypes.windll.kernel32.GenerateConsoleCtrlEvent(0, 0)
try:
    print(sent, told.get(timeout=10))
except _queue.Empty:
    print(sent, "nothing")
"""


def test_ctrl_c_stops_the_agent_without_waiting_for_its_main_thread(windows: Windows):
    ended = windows.run("python", "-c", PROGRAM, timeout=60)
    assert ended.code == 0, ended.err
    assert ended.out == "1 stop\n"
