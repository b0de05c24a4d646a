"""What the collector tells people by itself, over a real mail server and a real webhook: once, and never nothing."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.collector.receivers import Hook, Mailbox, hooked, until
from tests.collector.test_alertmanager import incident, put

from schooldrum_collector.app.channels import Channels
from schooldrum_collector.app.messaging import Messaging, Paces
from schooldrum_collector.app.posting import post
from schooldrum_collector.judge.fault import Degree, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.messages import SETTLE_SECONDS, Fate, Occasion
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine, Teller

MORNING = 1_790_125_200.0
"""Wednesday 23 September 2026, 08:00 in Vietnam."""
LATER = MORNING + SETTLE_SECONDS + 10
QUICK = Paces(look=0.1, retry=0.2, longest=0.5, stop=10.0)


class Clock:
    def __init__(self, at: float = LATER) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.open()
    yield box
    box.close()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with hooked() as there:
        yield there


def channels(directory: Path, mailbox: Mailbox | None = None, hook: Hook | None = None) -> Channels:
    file = directory / "channels.toml"
    lines = []
    if mailbox:
        lines.append(f'[mail]\nurl = "mailto://127.0.0.1:{mailbox.port}/?from=so@example.vn&mode=insecure&to={{to}}"')
    if hook:
        lines.append(f'[zalo]\nurl = "{hook.url}/{{to}}"')
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    return Channels(file, Say("en"))


def school(store: Store, enrol: Callable[..., Machine], *recipients: Recipient) -> list[Recipient]:
    enrol(store, "m1", school="BM")
    with store.writing() as writer:
        writer.set_teller(Teller(who="own", since=MORNING - 86400))
        return [writer.put_recipient(one) for one in recipients]


def lost(number: int = 1001, **fields: object) -> Incident:
    return incident(number, **{"began": MORNING - 180, "told": MORNING, "opened": MORNING - 60, **fields})  # type: ignore[arg-type]  # any field


@contextlib.asynccontextmanager
async def telling(store: Store, ways: Channels, clock: Clock, **options: object) -> AsyncIterator[Messaging]:
    messaging = Messaging(
        store,
        ways,
        now=clock,
        key="a key",
        base="https://c.example",
        paces=QUICK,
        **options,  # type: ignore[arg-type]  # whatever a test asks for
    )
    task = asyncio.create_task(messaging.run())
    try:
        yield messaging
    finally:
        await messaging.stop()
        await asyncio.wait_for(task, 20)


TEACHER = Recipient(path="BM", role="it_officer", channel="mail", address="gv.tin@bm.example.vn")
OFFICE = Recipient(path="", role="office", channel="zalo", address="84912345678", digests=False)


@pytest.mark.parametrize(("given", "sent"), [("TOKEN", "TOKEN:"), ("USER:PASS%40WORD", "USER:PASS@WORD")])
async def test_a_webhook_is_sent_the_user_and_password_of_its_url(
    store: Store, enrol, tmp_path, hook, clock, given, sent
) -> None:
    school(store, enrol, msgspec.structs.replace(TEACHER, channel="zalo", address="tin"))
    file = tmp_path / "channels.toml"
    file.write_text(f'[zalo]\nurl = "{hook.url.replace("://", f"://{given}@")}/{{to}}"')
    file.chmod(0o600)
    async with telling(store, Channels(file, Say("en")), clock) as messaging:
        put(store, lost())
        messaging.happened()
        await until(lambda: hook.bodies)
    assert hook.authorized == [f"Basic {base64.b64encode(sent.encode()).decode()}"]


async def test_one_begin_and_one_end(store: Store, enrol, tmp_path, mailbox, hook, clock) -> None:
    teacher = msgspec.structs.replace(TEACHER, channel="zalo", address="tin", language="en")
    school(store, enrol, TEACHER, teacher)
    async with telling(store, channels(tmp_path, mailbox, hook), clock) as messaging:
        one = put(store, lost())
        messaging.happened()
        await until(lambda: mailbox.mails and hook.bodies)
        to, mail = mailbox.mails[0]
        assert to == "gv.tin@bm.example.vn"
        assert mail["Subject"] == "[CẦN XỬ LÝ] BM: cả trường mất liên lạc"
        assert mail.get_content_type() == "text/plain"
        text = mail.get_content()
        assert "Căn cứ: 31 máy ở 3 phòng" in text
        assert "Sự cố SC-1001: https://c.example/t/" in text
        assert str(mail["X-Schooldrum-Message"]).startswith("schooldrum-")
        body = hook.bodies[0]
        assert body["title"] == "[ACTION] BM: the whole school is not heard"
        assert body["parameters"]["place"] == "BM"
        assert all(len(value) <= 80 for value in body["parameters"].values())
        assert len(body["sms"]) <= 160
        assert (body["incident"], body["occasion"], body["to"]) == ("SC-1001", "begin", "tin")
        assert hook.keys[0] == body["id"]
        # Corrected and confirmed: nobody is told again.
        one = put(store, msgspec.structs.replace(one, verdict=Verdict.LINE, degree=Degree.FOUND))
        clock.at += 60
        messaging.happened()
        await asyncio.sleep(0.6)
        assert (len(mailbox.mails), len(hook.bodies)) == (1, 1)
        clock.at += 3600
        put(store, msgspec.structs.replace(one, state=State.CLOSED, ended=clock.at - 60, closed=clock.at))
        messaging.happened()
        await until(lambda: len(mailbox.mails) == len(hook.bodies) == 2)
        assert mailbox.mails[1][1]["Subject"] == "[ĐỂ BIẾT] BM: đã có lại liên lạc"
        assert hook.bodies[1]["occasion"] == "end"
        clock.at += 600
        messaging.happened()
        await asyncio.sleep(0.6)
        assert (len(mailbox.mails), len(hook.bodies)) == (2, 2)
    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir() if file.is_file())
    assert b"c.example/t/" not in stored, "no link lies in the store"


async def test_receivers_away_for_an_hour_and_back(store: Store, enrol, tmp_path, mailbox, hook, clock) -> None:
    school(store, enrol, TEACHER, OFFICE)
    ways = channels(tmp_path, mailbox, hook)
    mailbox.close()
    hook.status = 503
    async with telling(store, ways, clock) as messaging:
        goes_on = put(store, lost(1001))
        place = Place(Level.PROVIDER, "A")
        put(store, lost(1002, place=place, told_place=place, severity=Severity.URGENT, schools=("X",)))
        passing = put(store, lost(1003, place=Place(Level.ROOM, "BM/main/tin1"), told_place=None))
        messaging.happened()
        await until(lambda: sum(one.tries for one in store.messages(EVERYTHING)) >= 3)
        for _ in range(6):
            clock.at += 600
            await asyncio.sleep(0.2)
        assert (mailbox.mails, hook.bodies) == ([], [])
        put(store, msgspec.structs.replace(passing, state=State.CLOSED, ended=clock.at - 1800, closed=clock.at - 1700))
        mailbox.open()
        hook.status = 200
        clock.at += 700

        def have_come() -> bool:
            # A try that was under way when they came back waits a moment by this clock.
            clock.at += 1
            return len(mailbox.mails) == 2 and len(hook.bodies) == 1

        await until(have_come)
        clock.at += 700
        await asyncio.sleep(0.6)
    assert sorted(subject for _, subject in mailbox.told()) == [
        "[CẦN XỬ LÝ] BM: cả trường mất liên lạc",
        "[ĐỂ BIẾT] BM \u2013 tin1: cả phòng mất liên lạc, đã hết",
    ]
    assert [body["incident"] for body in hook.bodies] == ["SC-1002"]
    fates = {(one.number, one.fate) for one in store.messages(EVERYTHING)}
    assert fates == {(1001, Fate.SENT), (1002, Fate.SENT), (1003, Fate.SENT)}
    assert goes_on.number == 1001


async def test_one_bad_address_holds_up_nobody(store: Store, enrol, tmp_path, hook, clock) -> None:
    wrong = Recipient(path="BM", role="it_officer", channel="zalo", address="elsewhere/../x")
    good = [Recipient(path="BM", role="it_officer", channel="zalo", address=f"tin{at}") for at in range(5)]
    school(store, enrol, wrong, *good)
    put(store, lost())
    async with telling(store, channels(tmp_path, hook=hook), clock):
        await until(lambda: len(hook.bodies) == 5)
    dropped = [one for one in store.messages(EVERYTHING) if one.fate is Fate.DROPPED]
    assert [one.trouble for one in dropped] == ["removed"]


async def test_a_webhook_that_redirects_gets_nothing_more(store: Store, enrol, tmp_path, hook, clock) -> None:
    school(store, enrol, msgspec.structs.replace(TEACHER, channel="zalo", address="tin"))
    hook.status = 302
    put(store, lost())
    async with telling(store, channels(tmp_path, hook=hook), clock):
        await until(lambda: any(one.tries for one in store.messages(EVERYTHING)))
        await asyncio.sleep(0.3)
    assert hook.bodies == []


async def test_killed_between_handing_over_and_writing_it_down(store: Store, enrol, tmp_path, hook, clock) -> None:
    school(store, enrol, msgspec.structs.replace(TEACHER, channel="zalo", address="tin"))
    put(store, lost())
    ways = channels(tmp_path, hook=hook)

    class Killed(BaseException):
        pass

    def dies(channel, address, letter) -> str:
        assert post(channel, address, letter) == ""
        raise Killed

    messaging = Messaging(store, ways, now=clock, key="k", base="https://c.example", handed=dies, paces=QUICK)
    await asyncio.to_thread(messaging.plan)
    (waiting,) = store.messages(EVERYTHING, waiting=True)
    with pytest.raises(Killed):
        await asyncio.to_thread(messaging.send, ways.at_present()["zalo"], waiting)
    (sending,) = store.messages(EVERYTHING)
    assert sending.fate is Fate.SENDING
    clock.at += 900
    again = Messaging(store, ways, now=clock, key="k", base="https://c.example", paces=QUICK)
    await asyncio.to_thread(again.plan)
    (waiting,) = store.messages(EVERYTHING, waiting=True)
    assert await asyncio.to_thread(again.send, ways.at_present()["zalo"], waiting)
    first, second = hook.bodies
    assert first == second, "word for word, and under the same id"
    assert hook.keys[0] == hook.keys[1]
    assert store.messages(EVERYTHING, waiting=True) == []


async def test_a_repeat_has_the_same_id_and_words(store: Store, enrol, tmp_path, mailbox, clock) -> None:
    school(store, enrol, TEACHER)
    put(store, lost())
    ways = channels(tmp_path, mailbox)
    taken: list[str] = []

    def lost_answer(channel, address, letter) -> str:
        taken.append(letter.id)
        return post(channel, address, letter) or "the answer was lost"

    messaging = Messaging(
        store, ways, now=clock, key="k", base="https://c.example", handed=lost_answer, paces=Paces(retry=1.0)
    )
    await asyncio.to_thread(messaging.plan)
    for after in (0, 120, 700):
        clock.at += after
        (waiting,) = store.messages(EVERYTHING, waiting=True)
        assert await asyncio.to_thread(messaging.send, ways.at_present()["mail"], waiting) is False
    mails = [mail for _, mail in mailbox.mails]
    words = [mail.get_content() for mail in mails]
    assert words[0] == words[1], "word for word, while it may be that its answer was lost"
    assert words[1] != words[2], "later it tells how long it has lasted by then"
    assert len({mail["Message-ID"] for mail in mails}) == 1, "a mail server can tell that it has it"
    assert len(mails[0].get_all("Message-ID")) == 1
    # Begin and end in one is another message.
    put(store, lost(state=State.CLOSED, ended=clock.at - 30, closed=clock.at))
    (waiting,) = store.messages(EVERYTHING, waiting=True)
    await asyncio.to_thread(messaging.send, ways.at_present()["mail"], waiting)
    assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == 2
    assert taken[2] != taken[3]


async def test_a_stop_waits_for_what_is_on_its_way(store: Store, enrol, tmp_path, hook, clock) -> None:
    school(store, enrol, msgspec.structs.replace(TEACHER, channel="zalo", address="tin"))
    put(store, lost())
    # The library is loaded once; that takes longer than what is measured here.
    await asyncio.to_thread(post, channels(tmp_path, hook=hook).at_present()["zalo"], "x", _trial())
    hook.bodies.clear()
    hook.pause = 1.0
    async with telling(store, channels(tmp_path, hook=hook), clock):
        await until(lambda: any(one.fate is Fate.SENDING for one in store.messages(EVERYTHING)))
    (message,) = store.messages(EVERYTHING)
    assert message.fate is Fate.SENT
    assert len(hook.bodies) == 1


def _trial():
    from schooldrum_collector.app.posting import Letter  # noqa: PLC0415 - for this one
    from schooldrum_collector.show.notify_digest import trial  # noqa: PLC0415 - for this one

    return Letter(id="x", occasion="test", incident="", link="", told=trial("BM", LATER, "vi", "Asia/Ho_Chi_Minh"))


async def test_what_was_told_by_others_is_not_told_again(store: Store, enrol, tmp_path, hook, clock) -> None:
    enrol(store, "m1", school="BM")
    with store.writing() as writer:
        writer.put_recipient(msgspec.structs.replace(TEACHER, channel="zalo", address="tin"))
        writer.set_teller(Teller(who="alertmanager", since=MORNING - 86400))
    put(store, lost())
    ways = channels(tmp_path, hook=hook)
    async with telling(store, ways, clock, begins=False):
        await asyncio.sleep(0.5)
    assert store.messages(EVERYTHING) == [], "an Alertmanager tells it"
    async with telling(store, ways, clock):
        await asyncio.sleep(0.5)
        assert store.messages(EVERYTHING) == [], "it was told before the collector began to tell"
        put(store, lost(1002, told=clock.at))
        clock.at += SETTLE_SECONDS + 1
        await until(lambda: hook.bodies)
    assert [body["incident"] for body in hook.bodies] == ["SC-1002"]
    # Given back to an Alertmanager: who got the begin gets the end all the same.
    async with telling(store, ways, clock, begins=False):
        story = store.incident_of(EVERYTHING, 1002)
        assert story is not None
        put(store, msgspec.structs.replace(story.incident, state=State.CLOSED, ended=clock.at, closed=clock.at))
        put(store, lost(1003, told=clock.at))
        clock.at += SETTLE_SECONDS + 1
        await until(lambda: len(hook.bodies) == 2)
        await asyncio.sleep(0.4)
    assert [(body["incident"], body["occasion"]) for body in hook.bodies[1:]] == [("SC-1002", "end")]


async def test_quiet_hours_hold_what_can_wait(store: Store, enrol, tmp_path, hook) -> None:
    night = MORNING - 10 * 3600
    clock = Clock(night + SETTLE_SECONDS + 1)
    school(
        store,
        enrol,
        msgspec.structs.replace(TEACHER, channel="zalo", address="tin"),
        OFFICE,
    )
    with store.writing() as writer:
        writer.set_teller(Teller(who="own", since=night - 86400))
    place = Place(Level.PROVIDER, "A")
    put(store, lost(1001, told=night, began=night))
    put(store, lost(1002, told=night, began=night, place=Place(Level.ROOM, "BM/main/tin1"), told_place=None))
    put(store, lost(1003, told=night, began=night, place=place, told_place=place, severity=Severity.URGENT))
    async with telling(store, channels(tmp_path, hook=hook), clock):
        await until(lambda: hook.bodies)
        await asyncio.sleep(0.4)
        assert [(body["to"], body["incident"]) for body in hook.bodies if body["to"] != "tin"] == [
            ("84912345678", "SC-1003")
        ]
        assert {body["incident"] for body in hook.bodies if body["to"] == "tin"} <= {"SC-1003"}, "urgent ones are told"
        put(store, lost(1002, told=night, began=night, state=State.CLOSED, ended=night + 900, closed=night + 1000))
        clock.at = MORNING - 2 * 3600 + 1
        await until(lambda: ("tin", "SC-1001") in [(body["to"], body["incident"]) for body in hook.bodies])
        await asyncio.sleep(0.4)
    assert "SC-1002" not in {body["incident"] for body in hook.bodies}, "over before the morning"


async def test_a_hundred_and_twenty_schools_are_one_message(store: Store, enrol, tmp_path, hook, clock) -> None:
    codes = [f"S{at:03}" for at in range(120)]
    schools = [Recipient(path=code, role="it_officer", channel="zalo", address=f"it-{code}") for code in codes]
    enrol(store, "m1", school="BM")
    with store.writing() as writer:
        writer.set_teller(Teller(who="own", since=MORNING - 86400))
        for one in (OFFICE, *schools):
            writer.put_recipient(one)
        for at, code in enumerate(codes[:20]):
            # Some were told of before the whole was seen.
            part = Place(Level.SCHOOL, code)
            writer.put_incident(lost(1001 + at, place=part, told_place=part, schools=(code,), told=clock.at - 20))
    async with telling(store, channels(tmp_path, hook=hook), clock):
        await asyncio.sleep(0.4)
        clock.at += SETTLE_SECONDS
        await asyncio.sleep(0.4)
        assert hook.bodies == [], "so many schools at once wait for their cause"
        whole = Place(Level.AREA, "")
        with store.writing() as writer:
            for at, code in enumerate(codes[:20]):
                part = Place(Level.SCHOOL, code)
                writer.put_incident(
                    lost(1001 + at, place=part, told_place=part, schools=(code,), told=clock.at - 110, parent=1200)
                )
            evidence = msgspec.structs.replace(lost().evidence, word="all_schools_silent", counts={"schools": 120})
            writer.put_incident(
                lost(
                    1200,
                    place=whole,
                    told_place=whole,
                    schools=tuple(codes),
                    evidence=evidence,
                    verdict=Verdict.COLLECTOR,
                    severity=Severity.URGENT,
                    told=clock.at,
                )
            )
        clock.at += 400
        await until(lambda: hook.bodies)
        await asyncio.sleep(0.5)
    assert [(body["to"], body["incident"]) for body in hook.bodies] == [("84912345678", "SC-1200")]


async def test_hostile_names_stay_words(store: Store, enrol, tmp_path, mailbox, hook, clock) -> None:
    from schooldrum_collector.store.records import School  # noqa: PLC0415 - for this one

    name = '<b>x</b>\r\nBcc: a@evil.example\u202e [Có điện](https://evil.example/x) {{ 7*7 }} %s {machines} "\u2019;--'
    school(store, enrol, TEACHER, msgspec.structs.replace(TEACHER, channel="zalo", address="tin"))
    with store.writing() as writer:
        writer.put_school(School(code="BM", name=name, area="hn"))
    put(store, lost())
    async with telling(store, channels(tmp_path, mailbox, hook), clock):
        await until(lambda: mailbox.mails and hook.bodies)
    assert [to for to, _ in mailbox.mails] == ["gv.tin@bm.example.vn"]
    mail, body = mailbox.mails[0][1], hook.bodies[0]
    assert mail["Bcc"] is None
    for text in (str(mail["Subject"]), mail.get_content(), body["title"], body["message"], body["sms"]):
        for never in ("<", "\u202e", "https://evil", "evil.example", "](", "[Có điện](", "{{"):
            assert never not in text
    assert "31" not in str(mail["Subject"]), "what stands in braces is not filled in"
    assert len(body["sms"]) <= 160


@pytest.mark.parametrize(("days", "fate"), [(3, Fate.SENT), (8, Fate.DROPPED)])
async def test_a_month_waits_for_days_until_there_is_a_way(
    store: Store, enrol, tmp_path, mailbox, days: int, fate: Fate
) -> None:
    school(store, enrol, Recipient(path="BM", role="principal", channel="mail", address="ht@bm.example.vn"))
    # The first of October.
    clock, trouble = Clock(MORNING + 8 * 86400), ["nobody answers"]
    ways = channels(tmp_path, mailbox)
    messaging = Messaging(store, ways, now=clock, key="a key", handed=lambda *_: trouble[0], paces=QUICK)
    assert messaging.plan() == 1
    (message,) = store.messages(EVERYTHING, waiting=True, most=10)
    assert (message.occasion, messaging.send(ways.at_present()["mail"], message)) == (Occasion.MONTHLY, False)
    clock.at += days * 86400
    trouble[0] = ""
    (message,) = store.messages(EVERYTHING, waiting=True, most=10)
    messaging.send(ways.at_present()["mail"], message)
    assert [one.fate for one in store.messages(EVERYTHING, waiting=False, most=10)] == [fate]


async def test_a_trial_goes_to_one(store: Store, enrol, tmp_path, mailbox, clock) -> None:
    from schooldrum_collector.judge.messages import Message  # noqa: PLC0415 - for this one

    teacher, _ = school(store, enrol, TEACHER, msgspec.structs.replace(TEACHER, address="other@bm.example.vn"))
    with store.writing() as writer:
        one = Message(key="test/1", recipient=teacher, occasion=Occasion.TEST, made=clock.at, due=clock.at)
        assert writer.add_message(one)
        assert not writer.add_message(one)
    async with telling(store, channels(tmp_path, mailbox), clock):
        await until(lambda: mailbox.mails)
    assert mailbox.told() == [("gv.tin@bm.example.vn", "[ĐỂ BIẾT] BM: tin thử")]
