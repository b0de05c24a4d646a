"""`serve`: the collector itself, until it is told to stop."""

import argparse
import logging

from schooldrum_collector.app.serving import Doors, Unstartable, serve
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.speech import Say


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `serve` takes."""
    parser.add_argument(
        "--open",
        dest="config_office_open",
        action="store_const",
        const=True,
        help=say(
            "cửa văn phòng không hỏi mã; chỉ để dùng thử, chỉ trên chính máy này",
            "the office's door asks for no token; only to try things, only on this machine",
        ),
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=say("khi đã mở cửa, in các địa chỉ thành một dòng JSON", "prints where the doors are as one line of JSON"),
    )


def run(given: argparse.Namespace, call: Call) -> int:
    """Serves; returns when SIGTERM or SIGINT has ended it cleanly."""
    logging.basicConfig(
        stream=call.console.err, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # What it says while it makes or changes a store is for those who write it.
    logging.getLogger("alembic").setLevel(logging.WARNING)

    def opened(doors: Doors) -> None:
        if given.json:
            call.console.json_line(doors)
        else:
            _told(doors, call)
        call.console.out.flush()

    try:
        serve(call.config, now=call.now, say=call.say, refuse=call.refuse, opened=opened)
    except Unstartable as trouble:
        raise Failed(str(trouble)) from trouble
    return 0


def _told(doors: Doors, call: Call) -> None:
    say, console = call.say, call.console
    console.line(f"{say('Cửa máy trường', 'Agents door')}: {doors.agents}")
    console.line(f"{say('Cửa văn phòng', 'Office door')}: {doors.office}")
    if doors.token_file:
        console.line(f"{say('Mã của văn phòng nằm trong tệp', 'The office token is in the file')}: {doors.token_file}")
    else:
        console.line(say("Cửa văn phòng đang không hỏi mã.", "The office's door asks for no token."))
    if not call.config.agents_listen.is_loopback and not call.config.agents_names:
        console.remark(
            say(
                "Chú ý: agents_names còn trống, chứng chỉ không có tên nào mà máy trường gọi tới.",
                "Mind: agents_names is empty, so the certificate has no name by which PCs could call.",
            )
        )
