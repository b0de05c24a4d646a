"""Which Prometheus rules there are: what is recorded for dashboards, and what is told of measurements."""

from schooldrum_collector.show.alerts_of_collector import COLLECTOR_ALERTS
from schooldrum_collector.show.alerts_of_schools import SCHOOL_ALERTS
from schooldrum_collector.show.records_of_agents import AGENT_RECORDS
from schooldrum_collector.show.records_of_internet import WAY_RECORDS
from schooldrum_collector.show.rule import Alert, Group, Record

PATCH_LATE_DAYS = 30
"""Days of being on that a security update may wait before a PC is behind; schools are told of these."""
SUPPORT_ENDING_DAYS = 180
_DAY = 86400
_END = "school_support_end_timestamp_seconds"
_ENDED = f"{_END} <= time()"


def _of_schools_that_tell(counted: str, told: str) -> str:
    """The count, and zero for a school of which none is counted though PCs have told it; nothing where none has."""
    return f"{counted} or on (school) 0 * max by (school) ({told})"


RECORDS: tuple[Record, ...] = (
    Record(
        name="schooldrum:patch_late_machines:count",
        expr=_of_schools_that_tell(
            f"count by (school) (school_patch_age_seconds > {PATCH_LATE_DAYS * _DAY}"
            f" unless on (school, machine) {_ENDED})",
            "school_patch_age_seconds",
        ),
        about=(
            f"PCs whose oldest missing security update has waited over {PATCH_LATE_DAYS} days of being on. Those out"
            " of support are counted there instead."
        ),
    ),
    Record(
        name="schooldrum:unsupported_machines:count",
        expr=_of_schools_that_tell(f"count by (school) ({_ENDED})", _END),
        about="PCs whose system gets no security updates any more.",
    ),
    Record(
        name="schooldrum:support_ending_machines:count",
        expr=_of_schools_that_tell(
            f"count by (school) ({_END} > time() <= time() + {SUPPORT_ENDING_DAYS * _DAY})", _END
        ),
        about=f"PCs whose security updates end within {SUPPORT_ENDING_DAYS} days.",
    ),
    Record(
        name="schooldrum:disk_failing_machines:count",
        expr=_of_schools_that_tell(
            'count by (school) (school_storage_disks{verdict="failing"} > 0)',
            'school_storage_disks{verdict!="unknown"}',
        ),
        about="PCs with a disk that is failing.",
    ),
    Record(
        name="schooldrum:patch_state_machines:count",
        expr="count by (school, state) (school_patch_state == 1)",
        about="PCs by how they stand with updates.",
    ),
    *WAY_RECORDS,
    *AGENT_RECORDS,
)

GROUPS: tuple[Group, ...] = (
    Group(
        name="schooldrum-collector",
        about="What only Prometheus can notice: that the collector does not answer, or is not well.",
        rules=COLLECTOR_ALERTS,
    ),
    Group(
        name="schooldrum-records",
        about="Counted once here, so that no dashboard looks at every PC of the area.",
        rules=RECORDS,
        # Every PC of the area is looked at: seconds of work, and nothing in it changes within a minute.
        every="2m",
    ),
    Group(
        name="schooldrum-schools",
        about="What PCs measured, and the collector judged, that somebody should mend. Outages are incidents.",
        rules=SCHOOL_ALERTS,
        every="5m",
    ),
)
ALERTS: tuple[Alert, ...] = (*COLLECTOR_ALERTS, *SCHOOL_ALERTS)
