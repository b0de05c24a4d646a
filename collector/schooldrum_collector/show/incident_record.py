"""What is said about an incident's record: how it stands, what happened to it, what people answered."""

from collections.abc import Mapping

from schooldrum_collector.formats import VIETNAM, clock
from schooldrum_collector.judge.fault import Degree, Verdict
from schooldrum_collector.judge.incident import Event, Incident, State, What
from schooldrum_collector.judge.incident_acts import MEASURED
from schooldrum_collector.judge.incidents import SEEN_SECONDS
from schooldrum_collector.show.incident_words import degree_word, is_back, verdict_word
from schooldrum_collector.speech import Say

STATES = {
    State.OPEN: ("đang xảy ra", "going on"),
    State.ABSORBED: ("thuộc sự cố khác", "part of another"),
    State.CLOSED: ("đã hết", "over"),
    State.WITHDRAWN: ("đã rút lại", "withdrawn"),
}
HAPPENED = {
    What.OPENED: ("mở sự cố", "opened"),
    What.RECORDED: ("ghi lại từ số liệu gửi bổ sung", "recorded from data sent afterwards"),
    What.SEEN: ("vẫn còn", "still there"),
    What.UPDATED: ("thêm trường", "more schools"),
    What.CORRECTED: ("chỉnh lại theo số liệu mới", "corrected by new data"),
    What.RESCOPED: ("đổi phạm vi", "place corrected"),
    What.ABSORBED: ("gộp vào sự cố lớn hơn", "made part of a larger one"),
    What.HELD: ("nằm trong sự cố lớn hơn", "inside a larger one"),
    What.RELEASED: ("sự cố lớn hơn đã hết", "the larger one is over"),
    What.TOLD: ("đã báo", "told"),
    What.CALMING: ("có vẻ đã hết", "seems to be over"),
    What.CLOSED: ("hết sự cố", "over"),
    What.REOPENED: ("xảy ra lại", "came back"),
    What.WITHDRAWN: ("rút lại", "withdrawn"),
    What.ACKNOWLEDGED: ("đã tiếp nhận", "taken in hand"),
    What.ANSWERED: ("trả lời", "answered"),
}
ANSWER_WORDS = {
    "power": ("có điện", "power is on"),
    "power_cut": ("mất điện", "power cut"),
    "closed": ("trường nghỉ", "school closed today"),
    "switched_off": ("đã tắt phòng", "room switched off"),
    "help": ("cần hỗ trợ", "help needed"),
    "provider_informed": ("đã báo nhà mạng", "provider informed"),
    "provider_said": ("nhà mạng trả lời", "the provider answers"),
}
UNMEASURED_SECONDS = 5 * SEEN_SECONDS
"""Of what has not been seen for so long nobody knows whether it goes on: its PCs can send nothing, or are off."""
_ARROW = "\N{RIGHTWARDS ARROW}"


def standing(incident: Incident, now: float, say: Say, zone: str = VIETNAM) -> str:
    """How it stands; where nothing is wrong at this moment, or nothing shows whether it goes on, since when."""
    if not is_back(incident):
        if incident.state is not State.OPEN or not 0 < incident.seen < now - UNMEASURED_SECONDS:
            return say(*STATES[incident.state])
        at = clock(incident.seen, now, say.language, zone)
        return say(
            f"chưa rõ còn không, không đo được từ {at}", f"not known whether it goes on, not measured since {at}"
        )
    at = clock(incident.ended, now, say.language, zone)
    return say(f"đã có lại từ {at}, vẫn theo dõi", f"back since {at}, still watched")


def detail(event: Event, say: Say) -> str:
    """What a line of the record adds: the answer, the reason, or what was corrected into what."""
    before, after = event.before, event.after
    if event.what is What.ANSWERED:
        answer = str(after.get("answer"))
        word = say(*ANSWER_WORDS.get(answer, (answer, answer)))
        return f"{word}: {event.reason}" if event.reason else word
    if event.what is What.REOPENED and event.reason == MEASURED:
        return say("máy đang bật vẫn đo thấy", "PCs that are on still measure it")
    if event.reason in ANSWER_WORDS:
        return say(*ANSWER_WORDS[event.reason])
    if event.reason:
        return event.reason
    if not before.keys() & {"verdict", "degree"}:
        return ""
    return f" {_ARROW} ".join(_judged(one, say) for one in (before, after))


def _judged(stood: Mapping[str, object], say: Say) -> str:
    """The degree and the cause, as far as either was corrected; of a cause that is not known the degree says it."""
    verdict, told = stood.get("verdict"), []
    if "degree" in stood or verdict == Verdict.UNKNOWN:
        told.append(degree_word(Degree(str(stood.get("degree", Degree.UNKNOWN))), say))
    if verdict is not None and verdict != Verdict.UNKNOWN:
        told.append(verdict_word(Verdict(str(verdict)), say))
    return ": ".join(told)
