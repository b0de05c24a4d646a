import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.agent.delivery_stand_in import FINGERPRINT, Time

from schooldrum_agent.spool import open_spool

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills with a signal")

WRITER = """
import sys
from pathlib import Path
from schooldrum_agent.spool import open_spool
from tests.agent.delivery_stand_in import FINGERPRINT, Time, result

run = sys.argv[2]
spool = open_spool(Path(sys.argv[1]), clock=Time().clock, owner=FINGERPRINT, most_bytes=64 << 20)
print("open", flush=True)
seq = 0
while True:
    fresh = [(seq + place, place % 2 == 0, result(seq + place, size=150)) for place in range(1, 6)]
    seq += 5
    assert spool.append(run, "boot-1", fresh)
    print("stored", seq, flush=True)
    if seq % 15 == 0:
        gone = range(seq - 9, seq - 4)
        # Said before it is done: from here on either is right.
        print("acknowledging", *gone, flush=True)
        spool.acknowledge(run, gone)
"""


def test_killed_at_random_moments_nothing_stored_is_lost_and_nothing_blocks(tmp_path: Path):
    chance = random.Random(7)  # noqa: S311 - moments of death
    expected: set[tuple[str, int]] = set()
    optional: set[tuple[str, int]] = set()
    root = Path(__file__).parents[2]
    for attempt in range(25):
        run = f"run{attempt}"
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "spool"), run], stdout=subprocess.PIPE, text=True, cwd=root
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "open\n"
            time.sleep(chance.uniform(0, 0.06))
            writer.kill()
            said = writer.stdout.read()
        for line in said.splitlines(keepends=True):
            words = line.split()
            if not line.endswith("\n"):
                continue
            if words[0] == "stored":
                seq = int(words[1])
                expected |= {(run, one) for one in range(seq - 4, seq + 1)}
            else:
                optional |= {(run, int(one)) for one in words[1:]}
    spool = open_spool(tmp_path / "spool", clock=Time().clock, owner=FINGERPRINT, most_bytes=64 << 20)
    assert spool.notes == []
    assert spool.counts().dropped == 0
    waits = {(batch.run, seq) for batch in spool.backlog(100_000) for seq, _ in batch.results}
    assert len(expected) > 500
    assert expected - optional <= waits
    for batch in spool.backlog(100_000):
        spool.acknowledge(batch.run, [seq for seq, _ in batch.results])
    assert spool.counts().results == 0
    assert list((tmp_path / "spool").glob("*.seg")) == []
    spool.close()


def test_a_spool_cut_at_any_byte_opens(tmp_path: Path):
    spool = open_spool(tmp_path / "spool", clock=Time().clock, owner=FINGERPRINT)
    for seq in range(1, 4):
        spool.append("run1", "boot-1", [(seq, True, b'{"seq":%d}' % seq)])
    spool.close()
    (path,) = (tmp_path / "spool").glob("*.seg")
    whole = path.read_bytes()
    found = []
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        spool = open_spool(tmp_path / "spool", clock=Time().clock, owner=FINGERPRINT)
        found.append(spool.counts().results)
        assert spool.counts().dropped == 0
        spool.close()
    assert sorted(found) == found
    assert set(found) == {0, 1, 2, 3}
