"""A school-year plan with everything explained, to begin from."""

from schooldrum_collector.speech import Say


def sample(say: Say) -> str:
    """A plan with everything explained."""
    year = say(
        "# Kế hoạch năm học. Bảng nào không ghi thì theo nơi bên trên.",
        "# A school-year plan. A table that is left out is taken from the place above.",
    )
    terms = say("# Học kỳ: ngoài các học kỳ là nghỉ hè.", "# Terms: outside them is summer.")
    shifts = say(
        "# Ca học; lessons là các tiết: lúc hết tiết cả phòng tắt máy là bình thường.",
        "# Shifts; lessons are their periods: a room that goes off at their end is no fault.",
    )
    halves = say("# Ngày chỉ học một buổi.", "# Days with these hours only.")
    taught = say(
        "# Học bù, hoán đổi: ngày có học dù là cuối tuần, ngày nghỉ hay ngày lễ. Giờ theo thứ ở like (được bù).\n"
        "# Không ghi like thì theo ca của thứ của ngày đó; thứ đó không có ca thì theo thứ đầu tiên trong tuần có ca.",
        "# Made up for, or swapped: taught although it is a weekend, a day off or a public holiday. Its hours are\n"
        "# those of the weekday in like (the one it makes up for). Without like, those of its own weekday; where\n"
        "# that has no shift, those of the first day of the week that has one.",
    )
    lessons = say(
        "# Giờ có tiết ở phòng: ghi trong tệp riêng của phòng (--scope BM/tin1; tệp này không cần year).\n"
        "# Ghi ở trường hay khu vực thì đó là giờ của mọi phòng bên dưới, kể cả văn phòng.",
        "# The hours in which a room is booked: in the room's own file (--scope BM/tin1; it needs no year).\n"
        "# In the file of a school or an area they are those of all rooms below, offices too.",
    )
    return f"""{year}
year = "2026-2027"

{terms}
[[term]]
name = "Học kỳ I"
first = 2026-09-05
last = 2027-01-16

[[term]]
name = "Học kỳ II"
first = 2027-01-18
last = 2027-05-29

[[break]]
name = "Nghỉ Tết"
first = 2027-02-01
last = 2027-02-13

[[exam]]
name = "Kiểm tra cuối học kỳ I"
first = 2026-12-21
last = 2026-12-31

{shifts}
[[shift]]
name = "Sáng"
hours = "07:00-11:30"
lessons = ["07:00-07:45", "07:50-08:35", "08:55-09:40", "09:45-10:30", "10:35-11:20"]

[[shift]]
name = "Chiều"
hours = "13:00-17:00"
days = ["T2", "T3", "T4", "T5", "T6"]

{halves}
[[half_day]]
name = "Khai giảng"
first = 2026-09-05
hours = "07:00-10:00"

{taught}
[[taught]]
first = 2026-11-29
like = "T2"
name = "Học bù bão"

{lessons}
# [[lesson]]
# hours = "07:00-09:40"
# days = ["T2", "T4"]
"""
