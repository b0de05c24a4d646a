"""Which level of schooling an office's table means, however it is written, and as what it is kept."""

import re

from schooldrum_collector.vietnamese import folded

LEVELS = {
    "MN": ("mn", "mam non", "mau giao", "preschool", "kindergarten"),
    "TH": ("th", "tieu hoc", "cap 1", "1", "primary"),
    "THCS": ("thcs", "trung hoc co so", "cap 2", "2", "lower secondary"),
    "THPT": ("thpt", "trung hoc pho thong", "cap 3", "3", "upper secondary"),
    "PTDTNT": ("ptdtnt", "pho thong dan toc noi tru", "dan toc noi tru"),
    "PTDTBT": ("ptdtbt", "pho thong dan toc ban tru", "dan toc ban tru"),
    "GDTX": ("gdtx", "gdnn gdtx", "giao duc thuong xuyen", "continuing education"),
    "KTTH": ("ktth", "ky thuat tong hop", "technical education"),
    "TTHTCĐ": ("tthtcd", "hoc tap cong dong", "community learning"),
}
"""Each by its code, as it is kept, and how else it is written (folded). Source: the office's own table of levels."""
_BY_WORDS = {tuple(words.split()): code for code, spellings in LEVELS.items() for words in spellings}
_LONGEST = max(map(len, _BY_WORDS))
_BESIDE = frozenset(
    ("truong", "cap", "lien", "giao", "duc", "trung", "tam", "va", "and", "school", "education", "centre", "center")
)
"""Words that say no level but stand beside one: `trường liên cấp TH và THCS`."""


def levels_known() -> tuple[str, str]:
    """Which levels may be written, in both languages."""
    known = ", ".join(LEVELS)
    return (
        f"chỉ có {known}; nhiều cấp thì ghi TH&THCS, không có thì để trống",
        f"there are {known}; write several as TH&THCS, leave it empty for none",
    )


def level_of(text: str) -> str:
    """The level as it is kept: a code of LEVELS, or several joined by `&`, lowest first.

    Raises:
        ValueError: a word in it is of no level.
    """
    words = re.findall(r"[a-z0-9]+", folded(text))
    found: set[str] = set()
    while words:
        for length in range(min(_LONGEST, len(words)), 0, -1):
            code = _BY_WORDS.get(tuple(words[:length]))
            if code:
                found.add(code)
                del words[:length]
                break
        else:
            if words.pop(0) not in _BESIDE:
                raise ValueError(text)
    if not found:
        raise ValueError(text)
    return "&".join(code for code in LEVELS if code in found)
