"""Which dashboards there are."""

from grafana.boards import collector, internet_quality, machine, overview, room, school, security

BOARDS = (
    overview.BOARD,
    school.BOARD,
    room.BOARD,
    machine.BOARD,
    internet_quality.BOARD,
    security.BOARD,
    collector.BOARD,
)
