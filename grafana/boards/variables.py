"""The choices at the top of the dashboards: area, school, room, machine, each narrowing the next."""

from grafana.boards.board import Variable

AREA = Variable(
    name="area",
    title=("Khu vực", "Area"),
    query="school_area_info",
    value="area",
    text="name",
)
SPAN = Variable(
    name="span",
    title=("Trong", "Within"),
    every=False,
    choices=(
        ("7d", ("7 ngày qua", "the last 7 days")),
        ("1d", ("24 giờ qua", "the last 24 hours")),
        ("30d", ("30 ngày qua", "the last 30 days")),
    ),
)
SCHOOL = Variable(
    name="school",
    title=("Trường", "School"),
    query='school_info{area=~"$area(/.*)?"}',
    value="school",
    text="name",
    every=False,
)
ROOM = Variable(
    name="room",
    title=("Phòng", "Room"),
    query='school_room_info{school="$school"}',
    value="room",
    text="name",
    every=False,
)
MACHINE = Variable(
    name="machine",
    title=("Máy", "PC"),
    query='school_machine_info{school="$school",room="$room"}',
    value="machine",
    every=False,
)
