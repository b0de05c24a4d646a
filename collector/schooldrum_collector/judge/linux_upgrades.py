"""To which release a distribution of Linux can be brought without being installed anew, and over which releases."""

from collections.abc import Sequence
from datetime import date

from schooldrum_collector.judge.support_list import LinuxRelease

_UBUNTU = "ubuntu"
_WITHOUT_UPGRADES = frozenset({"centos"})


def number_of(release: str) -> tuple[int, ...]:
    """A release by its numbers, so that 22.3 comes after 22 and 9 before 10."""
    return tuple(int(part) for part in release.split(".") if part.isdecimal())


def upgrades(release: str, own: Sequence[LinuxRelease], on: date) -> tuple[LinuxRelease, ...]:
    """The releases that follow this one, step by step, to the newest that is supported on this day; none without any.

    `own` are those of the same distribution. Of Ubuntu the last is one with long support: schools cannot upgrade twice
    a year. A release with long support is brought to the next one with it, any other to the very next.
    """
    here = number_of(release)
    is_long = any(one.release == release and one.extended is not None for one in own)
    later = sorted((one for one in own if number_of(one.release) > here), key=lambda one: number_of(one.release))
    ends = [one for one in later if (one.end is None or one.end >= on) and (one.product != _UBUNTU or one.extended)]
    if not ends or ends[-1].product in _WITHOUT_UPGRADES:
        return ()
    newest = ends[-1]
    first_of_step: dict[tuple[int, ...], LinuxRelease] = {}
    for one in later[: later.index(newest)]:
        if one.product != _UBUNTU or one.extended or not is_long:
            first_of_step.setdefault(_step_of(one), one)
    passed = [one for step, one in first_of_step.items() if step not in {_step_of(newest), here[: len(step)]}]
    return (*passed, newest)


def _step_of(one: LinuxRelease) -> tuple[int, ...]:
    """What one upgrade leads to: each release of Ubuntu, elsewhere all those with the same first number."""
    number = number_of(one.release)
    return number if one.product == _UBUNTU else number[:1]
