"""What is said about how this PC gets its updates, and whether it waits for a restart."""

from schooldrum_wire.section import Column, Section

AUTOMATIC_UPDATES = Section(
    name="automatic_updates",
    help="How updates come to this PC, one row.",
    columns=(
        Column(
            name="mode",
            help="automatic: installed without being asked; download or notify: a person must act; off: never.",
            leaves=True,
        ),
        Column(
            name="why",
            help="What decides it: default, choice, policy, access_disabled, service_disabled, blocked, not_installed,"
            " timer_off (apt's do not run; timer_masked from older agents), periodic_off, lists_not_refreshed.",
            leaves=True,
        ),
        Column(
            name="disabled_services", help="Windows: services of Windows Update that cannot be started.", leaves=True
        ),
        Column(
            name="own_server", help="Windows: whether an update server of its own is set.", type="boolean", leaves=True
        ),
        Column(name="paused_until", help="Windows: day until which a person has paused updates.", leaves=True),
        Column(name="held_at", help="Windows: release a policy holds it at.", leaves=True),
        Column(
            name="deferred", help="Windows: days a policy defers updates.", type="integer", unit="days", leaves=True
        ),
        Column(name="restart_pending", help="Whether updates wait for a restart.", type="boolean", leaves=True),
        Column(
            name="restart_reasons",
            help="Who says so: servicing, windows_update, update_exe, server_manager, package, kernel.",
            leaves=True,
        ),
    ),
    key=("mode",),
)
