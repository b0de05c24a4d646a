"""What the collector says of faults and of what they cost: open incidents, lesson time lost, internet lines."""

from schooldrum_wire.metric import Kind, Lasts, Metric

INCIDENT_BEGIN_TIMESTAMP = Metric(
    "school_incident_begin_timestamp_seconds",
    Kind.GAUGE,
    "When an incident that goes on began; its labels say what is wrong, where it lies and how sure that is by now.",
    labels=("incident", "level", "kind", "verdict", "degree"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
LESSON_LOST_SECONDS = Metric(
    "school_lesson_lost_seconds",
    Kind.GAUGE,
    "Lesson time of the last 1d, 7d, 30d in which the internet or a service could not be used, by who can act: office "
    "school none.",
    labels=("group", "window"),
    lasts=Lasts.KEPT,
    by_collector=True,
    quiet=True,
)
INTERNET_LOST_SECONDS = Metric(
    "school_internet_lost_seconds",
    Kind.GAUGE,
    "Time of the last 1d, 7d, 30d in which the school had no internet; power cuts and maintenance are not counted.",
    labels=("window",),
    lasts=Lasts.KEPT,
    by_collector=True,
    quiet=True,
)
INTERNET_AVAILABLE_SECONDS = Metric(
    "school_internet_available_seconds_total",
    Kind.COUNTER,
    "Time in which PCs of the school were heard and no outage held the whole school, since the collector started.",
    lasts=Lasts.KEPT,
    by_collector=True,
    until="0.1.0",
)
INTERNET_SEEN_SECONDS = Metric(
    "school_internet_seen_seconds",
    Kind.GAUGE,
    "Time of the last 30d, in hours in which PCs are expected to be on, of which it is known whether the school had "
    "internet: PCs were heard, or an outage is recorded.",
    labels=("window",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
INTERNET_SEEN_SINCE_TIMESTAMP = Metric(
    "school_internet_seen_since_timestamp_seconds",
    Kind.GAUGE,
    "Since when, of the last 30d, the collector has watched the school's internet; later than 30d ago where it did not "
    "watch before.",
    labels=("window",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
INTERNET_AVAILABILITY_RATIO = Metric(
    "school_internet_availability_ratio",
    Kind.GAUGE,
    "Share of the time of the last 30d that was seen in which the school had internet; power cuts and maintenance are "
    "not counted.",
    labels=("window",),
    lasts=Lasts.KEPT,
    by_collector=True,
)
LINE_INFO = Metric(
    "school_line_info",
    Kind.GAUGE,
    "Always 1; an internet line of a site (main or second) and its provider.",
    labels=("line", "provider"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
AREA_INFO = Metric(
    "school_area_info",
    Kind.GAUGE,
    "Always 1; an area's path, name and level.",
    labels=("area", "name", "level"),
    lasts=Lasts.KEPT,
    by_collector=True,
)
