"""The demo's PCs, with a day behind them where nobody has seen them yet."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from schooldrum_collector.app.appraising import Appraising
from schooldrum_collector.app.dated_lists import DatedLists
from schooldrum_collector.app.judging_rules import JudgingRules
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.demo_home import Home
from schooldrum_collector.commands.tokens import make_token
from schooldrum_collector.demo.area import DemoSchool
from schooldrum_collector.demo.letters import Unheard
from schooldrum_collector.demo.past import Past, PastClock, length, play
from schooldrum_collector.demo.playing import Crew, Kept, Refused, Staff
from schooldrum_collector.speech import told
from schooldrum_collector.store.interface import Damaged, Full, Locked, Overloaded
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.certificates import Unusable, open_authority


def staffed(call: Call, home: Home, area: Sequence[DemoSchool], *, quiet: bool) -> Staff:
    """The PCs of these schools. Where the register knows none of them, a day is played first, unless it is `quiet`.

    Raises:
        Failed: the day could not be played.
    """
    kept = Kept(home.path)
    clock = PastClock(call.now, time.monotonic, length())
    crews = tuple(Crew(one, clock.clocks, kept) for one in area)
    staff = Staff(crews=crews, kept=kept, quiet=quiet)
    if quiet or staff.pcs != sum(staff.needed.values()):
        clock.let_go()
        return staff
    call.console.remark(
        call.say(
            f"Thêm {staff.pcs} máy mô phỏng vào danh mục và dựng lại nửa ngày đã qua của khu vực mẫu …",
            f"Adding {staff.pcs} simulated PCs to the register, and playing the half day that lies behind them …",
        )
    )
    call.console.out.flush()
    try:
        _play(call, staff, clock)
    except (Damaged, Full, Locked, Overloaded, Refused, Unheard, Unusable, OSError) as trouble:
        raise Failed(told(trouble, call.say)) from trouble
    return msgspec.structs.replace(staff, day=clock.start)


def _play(call: Call, staff: Staff, clock: PastClock) -> None:
    then = msgspec.structs.replace(call, now=clock.wall)
    store = open_store(call.config.data, clock=clock.wall)
    try:
        # The certificate is of today: agents of the past are not asked for one.
        authority = open_authority(call.config.data, call.now())
        tokens = {
            room: str(make_token(store, then, room, uses=count, days=1)[0]) for room, count in staff.needed.items()
        }
        rules = JudgingRules(call.config.data, DatedLists(call.config.data))
        past = Past(
            store=store,
            appraising=Appraising(store, rules, now=clock.wall),
            authority=authority,
            say=call.say,
            tokens=tokens,
            start=clock.start,
        )
        asyncio.run(play(past, staff.crews, staff.kept, clock))
    finally:
        store.close()
