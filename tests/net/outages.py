"""The outages that are played in a school of namespaces, by name; each with what is to be told of it."""

import time

from tests.e2e.programs import eventually
from tests.net import school as place
from tests.net.outage import SETTLED_SECONDS, Doing, Scenario
from tests.net.school import ROOMS, School, pcs

HALVES = {
    "main": tuple(pc for room, pc in pcs() if room != "tin1"),
    "second": tuple(pc for room, pc in pcs() if room == "tin1"),
}
"""Line -> the PCs that go out by it where both lines are used."""


def links(name: str, state: str, *ends: str) -> Doing:
    """Sets ends of cables in one namespace up or down."""

    def do(school: School) -> None:
        for end in ends:
            school.network.ip(name, "link", "set", end, state)

    return do


def rules(name: str, *rule: str) -> tuple[Doing, Doing]:
    """A packet filter's rule that breaks, and taking it away again. It is written from the chain on."""
    table = rule[:2] if rule[0] == "-t" else ()
    rest = rule[len(table) :]
    return (
        lambda school: school.network.rule(name, *table, "-I", *rest),
        lambda school: school.network.rule(name, *table, "-D", *rest),
    )


def together(*doings: Doing) -> Doing:
    """One after the other, at once."""

    def do(school: School) -> None:
        for doing in doings:
            doing(school)

    return do


def beats(seconds: int) -> Doing:
    """Sets the beat of all PCs, and waits until they keep it."""

    def do(school: School) -> None:
        school.collector.call("settings", "set", "--scope", "/", f"beat={seconds}")
        eventually(
            lambda: {one.get("beat") for one in school.machines().values()} == {seconds},
            SETTLED_SECONDS,
            f"every PC reports each {seconds} s",
        )

    return do


BOTH_DOWN = links("router", "down", "wan-b", "wan-a")
"""The one that nobody uses first: whoever lost the other alone would still report by this one."""


def in_room(room: str) -> list[str]:
    return [pc for where, pc in pcs() if where == room]


def wan_back(school: School) -> None:
    for metric, (provider, net) in enumerate(place.LINES.values(), 1):
        school.network.ip("router", "link", "set", f"wan-{provider.lower()}", "up")
        school.network.ip("router", "route", "replace", "default", "via", f"{net}.2", "metric", str(metric))


def split(school: School) -> None:
    """Half of the school goes out by each line, and neither line stands in for the other."""
    for table, (line, names) in enumerate(HALVES.items(), 200):
        _, net = place.LINES[line]
        school.network.ip("router", "route", "replace", "default", "via", f"{net}.2", "table", str(table))
        school.network.ip("router", "route", "replace", "unreachable", "default", "metric", "9", "table", str(table))
        school.network.ip("router", "route", "replace", "192.168.1.0/24", "dev", "lan", "table", str(table))
        for pc in names:
            school.network.ip("router", "rule", "add", "from", school.network.address(pc), "lookup", str(table))


def joined(school: School) -> None:
    """Everybody goes out by the first line again."""
    for pc in (pc for names in HALVES.values() for pc in names):
        school.network.ip("router", "rule", "del", "from", school.network.address(pc))


def wan_back_split(school: School) -> None:
    wan_back(school)
    for table, line in enumerate(HALVES, 200):
        _, net = place.LINES[line]
        school.network.ip("router", "route", "replace", "default", "via", f"{net}.2", "table", str(table))


def slowed(least: float, most: float) -> tuple[Doing, Doing]:
    """Every packet by the first line waits so many seconds."""
    return lambda school: school.detour("a", least, most), lambda school: school.straight("a")


UNHEARD, HEARD = rules("world", "INPUT", "-p", "tcp", "--dport", "9093", "-j", "REJECT", "--reject-with", "tcp-reset")
"""Alertmanager is away, and is there again."""


def collector_restarted(school: School) -> None:
    school.collector.kill()
    school.restart_collector()


def collector_back_late(school: School) -> None:
    """So much later than the line that nobody takes the one for the other."""
    time.sleep(12)
    school.restart_collector()


def rebooted_twice(school: School) -> None:
    """Nobody ever hears of the boot in between."""
    everybody = [pc for _, pc in pcs()]
    school.reboot(*everybody)
    time.sleep(4)
    school.reboot(*everybody)


def dropped(name: str, address: str) -> tuple[Doing, Doing]:
    return rules(name, "FORWARD", "-d", address, "-j", "DROP")


def power(*names: str) -> tuple[Doing, Doing]:
    return lambda school: school.switch_off(*names), lambda school: school.switch_on(*names)


def lost_address(*names: str) -> tuple[Doing, Doing]:
    """Their lease has run out, and there is none left."""

    def do(school: School) -> None:
        for pc in names:
            school.network.ip(pc, "address", "flush", "dev", "eth0")
            school.network.ip(pc, "address", "add", "169.254.7.7/16", "dev", "eth0")

    def undo(school: School) -> None:
        for pc in names:
            school.network.ip(pc, "address", "flush", "dev", "eth0")
            school.network.ip(pc, "address", "add", f"{school.network.address(pc)}/24", "dev", "eth0")
            school.network.ip(pc, "route", "replace", "default", "via", place.ROUTER)

    return do, undo


def misled(*names: str) -> tuple[Doing, Doing]:
    """Somebody hands out a gateway that is none."""

    def via(gateway: str) -> Doing:
        def do(school: School) -> None:
            for pc in names:
                school.network.ip(pc, "route", "replace", "default", "via", gateway)

        return do

    return via("192.168.1.99"), via(place.ROUTER)


def portal() -> tuple[Doing, Doing]:
    aim = f"{place.ROUTER}:8080"
    web = rules(
        "router", "-t", "nat", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", aim
    )
    rest = rules("router", "FORWARD", "-j", "DROP")
    return together(web[0], rest[0]), together(rest[1], web[1])


def outage(name: str, doings: tuple[Doing, Doing], **more: object) -> Scenario:
    return Scenario(name=name, breaks=doings[0], mends=doings[1], **more)  # type: ignore[arg-type]  # as Scenario has it


def _room(room: str) -> str:
    return f"{place.SCHOOL}/main/{room}"


TIN1, TIN2 = _room("tin1"), _room("tin2")
INSIDE = (
    outage(
        "the cable of a PC",
        (links("lan", "down", "to-tin1-2"), links("lan", "up", "to-tin1-2")),
        place="tin1-2", live="machine probable", end="machine found", told=(0,),
    ),
    outage(
        "the cable between a room and the school",
        (links("lan", "down", "up-tin1"), links("lan", "up", "up-tin1")),
        place=TIN1, live="room probable", end="room found",
    ),
    outage(
        "a room's switch without power",
        (links("lan", "down", *(f"to-{pc}" for pc in in_room("tin1")), "up-tin1"),
         links("lan", "up", *(f"to-{pc}" for pc in in_room("tin1")), "up-tin1")),
        place=TIN1, live="room probable", end="room found",
    ),
    outage("the power of a room", power(*in_room("tin2")), place=TIN2, live="room probable", end="power probable",
            starts=2.0),
    outage("the power of a PC", power("tin2-1"), place="tin2-1", live="machine probable", end="machine probable",
            told=(0,), starts=2.0),
    outage(
        "the power of the school",
        power(*(pc for _, pc in pcs())),
        live="unknown unknown", end="power probable", starts=2.0,
    ),
    outage(
        "the router is dead",
        (links("router", "down", *ROOMS), links("router", "up", *ROOMS)),
        live="unknown unknown", end="lan found",
    ),
    outage(
        "no address is left, for some",
        lost_address("tin1-1", "tin1-2", "tin2-1"),
        live="machine probable", end="lan found", told=(0, 1),
    ),
    outage(
        "no address is left, for all",
        lost_address(*(pc for _, pc in pcs())),
        live="unknown unknown", end="lan found",
    ),
    outage(
        "somebody hands out a wrong gateway",
        misled("tin1-1", "tin1-2", "tin2-1"),
        live="machine probable", end="lan found", told=(0, 1),
    ),
    outage(
        "two rooms' cables at once",
        (links("lan", "down", "up-tin1", "up-tin2"), links("lan", "up", "up-tin1", "up-tin2")),
        live="lan probable", end="lan found",
    ),
    outage(
        "the cable of a PC, and abroad",
        (together(links("lan", "down", "to-tin1-2"), dropped("a", place.INTERNATIONAL)[0]),
         together(links("lan", "up", "to-tin1-2"), dropped("a", place.INTERNATIONAL)[1])),
        live="international found", end="international found", also=("tin1-2 outage machine found",),
    ),
    outage(
        "the program is killed and starts again at once",
        (together(*power("tin1-1")), lambda _: None),
        place="", lasts=4.0,
    ),
    outage(
        "the power of a room flickers",
        (lambda school: school.reboot(*in_room("tin2")), lambda _: None),
        place="", lasts=4.0,
    ),
)  # fmt: skip
OUTSIDE = (
    outage(
        "both lines",
        (BOTH_DOWN, wan_back),
        live="unknown unknown", end="line found",
    ),
    outage(
        "a line that comes and goes",
        (BOTH_DOWN, wan_back),
        live="unknown unknown", end="line found", again=6.0,
    ),
    outage(
        "both lines, and all PCs of a room start anew meanwhile",
        (BOTH_DOWN, wan_back),
        live="unknown unknown", end="line found", lasts=14.0,
        meanwhile=lambda school: school.reboot(*in_room("tin1")),
    ),
    outage(
        "both lines, and all PCs start anew twice meanwhile",
        (BOTH_DOWN, wan_back),
        live="unknown unknown", end="line found", lasts=16.0, meanwhile=rebooted_twice,
    ),
    outage(
        "both lines, and the collector starts anew meanwhile",
        (BOTH_DOWN, wan_back),
        live="unknown unknown", end="line found", lasts=16.0, meanwhile=collector_restarted,
    ),
    outage(
        "both lines, mended while the collector is away",
        (BOTH_DOWN,
         together(lambda school: school.collector.kill(), wan_back, lambda school: school.restart_collector())),
        live="unknown unknown", end="line found", starts=3.0,
    ),
    outage(
        "both lines, mended long before the collector is back",
        (BOTH_DOWN, together(lambda school: school.collector.kill(), wan_back)),
        live="unknown unknown", end="line found", then=collector_back_late,
    ),
    outage(
        "both lines, while Alertmanager is away",
        (together(UNHEARD, BOTH_DOWN), wan_back),
        live="unknown unknown", end="line found", afterwards=HEARD, told=(0, 1),
    ),
    outage(
        "both lines, and Alertmanager is back before them",
        (together(UNHEARD, BOTH_DOWN), wan_back),
        live="unknown unknown", end="line found", lasts=10.0, meanwhile=HEARD,
    ),
    outage("a line that is slow and shaky", slowed(0.02, 0.08), place="", lasts=10.0),
    # Slower than it lasts: what was sent before or during it would come in the middle of it.
    outage(
        "a line so slow that nothing comes in time", slowed(60.0, 90.0),
        live="unknown unknown", end="line found", lasts=10.0,
    ),
    outage(
        "the first line, the second steps in",
        (links("router", "down", "wan-a"), wan_back),
        kind="second_line", live="line probable", end="line probable",
    ),
    outage("the second line, which nobody uses", (links("router", "down", "wan-b"), wan_back), place="", lasts=5.0),
    outage(
        "the first of two lines that are both used",
        (links("router", "down", "wan-a"), wan_back_split),
        kind="second_line", live="line probable", end="line found", prepares=split, tidies=joined,
    ),
    outage(
        "the second of two lines that are both used",
        (links("router", "down", "wan-b"), wan_back_split),
        kind="second_line", live="line probable", end="line found", prepares=split, tidies=joined,
    ),
    outage(
        "the router sends everything astray",
        (lambda school: school.network.ip("router", "route", "add", "blackhole", "default"),
         lambda school: school.network.ip("router", "route", "del", "blackhole", "default")),
        live="unknown unknown", end="line found",
    ),
    outage(
        "the provider's next hop",
        (links("a", "down", "core"), lambda school: school.network.core_back("a")),
        live="unknown unknown", end="line found",
    ),
    outage(
        "names",
        (lambda school: setattr(school.resolver, "working", False),
         lambda school: setattr(school.resolver, "working", True)),
        live="dns found", end="dns found",
    ),
    outage("abroad", dropped("a", place.INTERNATIONAL), live="international found", end="international found"),
    outage("the country", dropped("a", place.NATIONAL), live="national found", end="national found"),
    outage(
        "a service",
        (lambda school: school.find_names(vnedu_example_vn=""), lambda school: school.find_names()),
        kind="service", live="unknown unknown", end="unknown unknown", lasts=10.0,
    ),
    outage(
        "the way to the collector alone",
        dropped("a", place.OFFICE),
        live="unknown unknown", end="collector probable",
    ),
    outage(
        "the collector itself",
        (lambda school: school.collector.kill(), lambda school: school.restart_collector()),
        place="", lasts=6.0,
    ),
    outage("a login page in the way", portal(), live="unknown unknown", end="line probable"),
    outage(
        "a third of all packets",
        rules("a", "FORWARD", "-i", "school", "-m", "statistic", "--mode", "random", "--probability", "0.3",
              "-j", "DROP"),
        kind="loss", live="loss line", end="line found", lasts=22.0,
        # Whoever begins to speak and is not heard tries again after 1 s, then 2, then 4 (RFC 6298): with a third lost,
        # each eleventh connection takes 3 s or longer. In beats of a minute that is nothing. In beats of a second it is
        # three beats without a report, a PC that is unheard, and loss needs two that are heard: once in eight times it
        # was found after 19 s.
        beat=3.0, prepares=beats(3), tidies=beats(1),
    ),
)  # fmt: skip


ALL = (*INSIDE, *OUTSIDE)
