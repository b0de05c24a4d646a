"""Every page that Prometheus reads, and how long each took: what the office's door needs of this package."""

from collections.abc import Callable, Iterable, Iterator

from schooldrum_collector.judge.lost_time import Reckoned
from schooldrum_collector.judge.places import SchoolPlaces
from schooldrum_collector.show.aggregates import FailureMemory, IncidentsOf, States, schools_page
from schooldrum_collector.show.exposition import Judged, school_page
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.records import Appraised, Latest, Register


class Pages:
    """Makes pages in pieces; an empty piece marks where an event loop may turn to others."""

    def __init__(self, own: OwnMetrics) -> None:
        self._own = own
        self._failures = FailureMemory()

    def school(
        self,
        register: Register,
        code: str,
        latest: Iterable[Latest],
        judged: Judged,
        now: float,
        *,
        appraised: Iterable[Appraised],
        openmetrics: bool,
    ) -> Iterator[bytes]:
        """The machines of one school."""
        return school_page(
            register,
            code,
            latest,
            judged,
            now,
            appraised=appraised,
            openmetrics=openmetrics,
            unreadable=self._count_unreadable,
        )

    def schools(
        self,
        register: Register,
        codes: Iterable[str],
        latest_of: Callable[[str], Iterable[Latest]],
        states_of: States,
        *,
        appraised_of: Callable[[str], Iterable[Appraised]],
        places_of: Callable[[str], SchoolPlaces | None],
        incidents_of: IncidentsOf,
        reckoned: Reckoned,
        openmetrics: bool,
    ) -> Iterator[bytes]:
        """Names, rooms and counts of these schools."""
        return schools_page(
            register,
            codes,
            latest_of,
            states_of,
            self._failures,
            appraised_of=appraised_of,
            places_of=places_of,
            incidents_of=incidents_of,
            reckoned=reckoned,
            openmetrics=openmetrics,
        )

    def own(self, *, openmetrics: bool) -> Iterator[bytes]:
        """The collector itself."""
        yield self._own.page(openmetrics=openmetrics)

    def took(self, page: str, seconds: float) -> None:
        """Notes how long a page took; `page` is one of a few fixed words."""
        self._own.page_seconds.labels(page=page).observe(seconds)

    def _count_unreadable(self, machine: str) -> None:
        del machine
        self._own.unreadable.inc()
