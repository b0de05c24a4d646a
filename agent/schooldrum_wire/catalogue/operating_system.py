"""What is said about the operating system: which edition and build it is, and until when its maker mends it."""

from schooldrum_wire.metric import Kind, Lasts, Metric
from schooldrum_wire.section import Column, Section

SUPPORT_END_TIMESTAMP = Metric(
    "school_support_end_timestamp_seconds",
    Kind.GAUGE,
    "When security updates end for this PC, by its edition and what is proven on it; in the past when they have ended.",
    lasts=Lasts.KEPT,
    by_collector=True,
)
OPERATING_SYSTEM = Section(
    name="operating_system",
    help="The operating system as its maker counts versions, one row.",
    columns=(
        Column(name="system", help="windows or linux.", leaves=True),
        Column(
            name="product",
            help="Windows 10, Windows Server, or the distribution's own word: debian, ubuntu, linuxmint.",
            leaves=True,
        ),
        Column(name="title", help="Its name for people.", leaves=True),
        Column(name="edition", help="Windows: EditionID, such as Professional or EnterpriseS.", leaves=True),
        Column(name="server", help="Whether it is a server's edition.", type="boolean", leaves=True),
        Column(name="release", help="Release as its maker counts: 22H2, SP1, 12, 24.04.", leaves=True),
        Column(name="codename", help="Linux: name of the release.", leaves=True),
        Column(
            name="foundation",
            help="Linux: release of the distribution it is made of, such as jammy or bookworm.",
            leaves=True,
        ),
        Column(name="version", help="Whole version, such as 10.0.19045.7548.", leaves=True),
        Column(name="build", help="Windows: build.", type="integer", leaves=True),
        Column(name="revision", help="Windows: update revision of the build (UBR).", type="integer", leaves=True),
        Column(name="architecture", help="Processor architecture the system was made for.", leaves=True),
        Column(name="installed", help="Day of installation or of the last feature update.", leaves=True),
        Column(name="support_end", help="Day its own files name as the end of support.", leaves=True),
        Column(
            name="extended",
            help="Linux: longer support that is switched on: security_source (Debian's own), esm-infra, esm-apps.",
            leaves=True,
        ),
    ),
    key=("system",),
)
