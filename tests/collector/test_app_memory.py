import subprocess
import sys

import pytest

LOOK = """
import ctypes, sys
from schooldrum_collector.app.memory import give_back_large_buffers

class Known(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

known = ctypes.CDLL(None).mallinfo2
known.restype = Known
if "tuned" in sys.argv:
    give_back_large_buffers()
for _ in range(3):
    bytes(8 << 20)
before = known().hblks
held = [bytes(256 << 10) for _ in range(20)]
print(known().hblks - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_large_buffers_stay_mappings_of_their_own_whatever_was_freed_before():
    if not hasattr(__import__("ctypes").CDLL(None), "mallinfo2"):
        pytest.skip("this system's C library does not tell (glibc 2.33 or newer does)")
    mappings = [
        int(subprocess.run([sys.executable, "-c", LOOK, *words], capture_output=True, text=True, check=True).stdout)
        for words in ((), ("tuned",))
    ]
    assert mappings == [0, 20]
