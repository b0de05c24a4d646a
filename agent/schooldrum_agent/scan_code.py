"""The climbed ladder as a picture that a phone reads: a QR code with a sealed text (schooldrum_wire.scan).

Where the office has said where its pages are, the picture is their address with the text; else it is the text alone.
"""

import io
from collections.abc import Sequence

import msgspec

from schooldrum_agent.clock import Clock
from schooldrum_agent.state import Identity
from schooldrum_wire.scan import Scanned, ScannedStep, boot_mark, credential_digest, written
from schooldrum_wire.section import Row

_PIXELS = 5
_QUIET_ZONE = 4


class ScanCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the picture says, and whether that is an address."""

    text: str

    @property
    def leads(self) -> bool:
        """Whether a phone opens it as a page."""
        return self.text.startswith("http")

    def drawing(self) -> str:
        """As SVG, black on white whatever the page's colours are."""
        import segno  # noqa: PLC0415 - who enrols or runs draws nothing

        return str(
            segno.make_qr(self.text, error="m").svg_inline(
                scale=_PIXELS, border=_QUIET_ZONE, dark="#000", light="#fff", svgclass="scan", lineclass=None
            )
        )

    def lines(self) -> list[str]:
        """For a terminal, light on dark as terminals are."""
        import segno  # noqa: PLC0415 - as above

        told = io.StringIO()
        segno.make_qr(self.text, error="m").terminal(told, border=_QUIET_ZONE, compact=True)
        return told.getvalue().splitlines()


def sealed(rows: Sequence[Row], identity: Identity, *, clock: Clock) -> str:
    """A ladder's rows, climbed just now, as a sealed text of this machine."""
    steps: dict[tuple[str, str], ScannedStep] = {}
    for row in rows:
        values = row.values
        key = str(values["step"]), str(values["family"])
        passed = values["state"] == "ok"
        # One target that answers is enough for the step.
        if passed or key not in steps:
            reason = "" if passed else str(values["reason"] or "")
            steps[key] = ScannedStep(step=key[0], family=key[1], passed=passed, reason=reason)
    scanned = Scanned(
        machine=identity.machine,
        boot=boot_mark(clock.boot),
        boottime=clock.boottime(),
        wall=clock.wall(),
        steps=tuple(steps.values()),
    )
    return written(scanned, credential_digest(identity.credential))


def scan_code(text: str, page: str) -> ScanCode:
    """The picture of a sealed text; `page` is where the office's pages are, empty where nobody has said so."""
    return ScanCode(text=f"{page.rstrip('/')}/q?d={text}" if page else text)
