"""What is wrong inside a PC, as its room's grid marks it beside its presence: a disk, safety checks not met."""

from schooldrum_collector.judge.appraisal import opened_kept
from schooldrum_collector.judge.live import Unreadable
from schooldrum_collector.judge.storage import Verdict
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Appraised
from schooldrum_collector.web.page_words import Look
from schooldrum_wire.catalogue.posture import POSTURE_NOT_MET
from schooldrum_wire.catalogue.storage import STORAGE_DISKS

_DISKS = {
    Verdict.FAILING: ("bad", "ổ đĩa sắp hỏng", "a disk is failing"),
    Verdict.WARNING: ("poor", "ổ đĩa cần theo dõi", "a disk is to be watched"),
}


def flaws_of(appraised: Appraised | None, say: Say) -> tuple[Look, ...]:
    """The marks, gravest first; none of what was not judged, or cannot be read. Reads what is in memory alone."""
    if appraised is None:
        return ()
    try:
        readings = opened_kept(appraised.body).readings
    except Unreadable:
        return ()
    disks = {one.labels.get("verdict") for one in readings if one.name == STORAGE_DISKS.name}
    unmet = sum(one.name == POSTURE_NOT_MET.name for one in readings)
    found = [
        Look(kind, "!", say(vietnamese, english))
        for verdict, (kind, vietnamese, english) in _DISKS.items()
        if verdict.value in disks
    ][:1]
    if unmet:
        words = say(f"{unmet} mục an toàn chưa đạt", f"{unmet} safety check{'' if unmet == 1 else 's'} not met")
        found.append(Look("poor", f"✗{unmet}", words))
    return tuple(found)
