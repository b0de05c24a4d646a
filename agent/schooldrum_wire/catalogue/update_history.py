"""What is said about updates that were installed."""

from schooldrum_wire.section import Column, Section

UPDATE_HISTORY = Section(
    name="update_history",
    help="When updates were looked for and installed, one row; days as the PC's own clock stood.",
    columns=(
        Column(
            name="last_scan",
            help="Day of the last successful search for updates; with apt the day of its list of security updates.",
            leaves=True,
        ),
        Column(
            name="last_success",
            help="Day on which an update was last installed; virus signatures do not count.",
            leaves=True,
        ),
        Column(name="last_failure", help="Day on which installing last failed.", leaves=True),
        Column(
            name="error",
            help="Error of that failure, where nothing was installed after it: 0x and eight digits, or dpkg.",
            leaves=True,
        ),
        Column(name="failures", help="Failed installations since the last success.", type="integer", leaves=True),
    ),
    key=("last_scan",),
)
HOTFIXES = Section(
    name="hotfixes",
    help="Windows: updates that are installed and listed one by one.",
    columns=(
        Column(name="update", help="Number of the article (KB…).", leaves=True),
        Column(name="installed", help="Day of installation, where it is known.", leaves=True),
    ),
    key=("update",),
)
