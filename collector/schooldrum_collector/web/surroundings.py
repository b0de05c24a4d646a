"""What a machine that reports is told of its surroundings, made anew when the register has changed."""

import msgspec

from schooldrum_collector.judge.neighbourhood import Neighbour, around_of
from schooldrum_collector.store.records import Machine, MachineState, Register
from schooldrum_wire.around import Around, around_mark, page_fault

_encoder = msgspec.json.Encoder()


class MarkedAround(msgspec.Struct, frozen=True, gc=False):
    """What is told, as it travels, and the mark by which a machine says that it holds it."""

    mark: str = ""
    body: bytes = b""


class Surroundings:
    """Not frozen: it keeps each school's machines, as long as the register is the same."""

    def __init__(self, page: str = "") -> None:
        """`page` is the address of the office's pages for people; one that no agent would show is left out."""
        self._page = "" if not page or page_fault(page) else page
        self._version = -1
        self._schools: dict[str, list[Neighbour]] = {}
        self._networks: dict[str, dict[str, float]] = {}

    def told(self, register: Register, machine: Machine, *, observer: bool) -> MarkedAround:
        """What this machine is to hold; one that waits for approval is told nothing of others."""
        if machine.state is not MachineState.ACTIVE:
            return MarkedAround()
        if register.version != self._version:
            self._version = register.version
            self._schools.clear()
            self._networks.clear()
            for network in register.networks.values():
                self._networks.setdefault(network.school, {})[network.code] = network.approved
        school = self._schools.get(machine.school)
        if school is None:
            members = (register.machines[one] for one in register.by_school.get(machine.school, ()))
            school = [one for one in members if one.state is MachineState.ACTIVE]
            self._schools[machine.school] = school
        networks = self._networks.get(machine.school, {})
        around = around_of(machine, school, observer=observer, networks=networks, page=self._page)
        return MarkedAround() if around == Around() else MarkedAround(around_mark(around), _encoder.encode(around))
