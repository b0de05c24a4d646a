"""What is said about the PC's own accounts: counts, never a name."""

from schooldrum_wire.section import Column, Section

ACCOUNTS = Section(
    name="accounts",
    help="The PC's own accounts, one row of counts.",
    columns=(
        Column(
            name="administrators",
            help="Accounts that may change everything: enabled ones of this PC, and those of a domain; on Linux by"
            " group or by sudo's rules, absent where these may not be read.",
            type="integer",
            leaves=True,
        ),
        Column(
            name="administrator_groups",
            help="Groups of a domain (on Linux: that the PC itself does not know), and roles of Microsoft's cloud, that"
            " may as well.",
            type="integer",
            leaves=True,
        ),
        Column(
            name="everyone_administrator",
            help="Whether everybody who signs in is one.",
            type="boolean",
            leaves=True,
        ),
        Column(
            name="builtin_administrator",
            help="Whether the built-in administrator (root on Linux) can sign in with a password.",
            type="boolean",
            leaves=True,
        ),
        Column(name="accounts", help="Enabled accounts of people.", type="integer", leaves=True),
        Column(name="guest", help="Whether a guest can sign in.", type="boolean", leaves=True),
        Column(
            name="password_optional",
            help="Windows: enabled accounts that may have an empty password.",
            type="integer",
            leaves=True,
        ),
        Column(name="password_empty", help="Linux: accounts with an empty password.", type="integer", leaves=True),
        Column(
            name="password_unasked",
            help="Linux: accounts that the sign-in screen lets in without asking for their password.",
            type="integer",
            leaves=True,
        ),
        Column(
            name="empty_over_network",
            help="Windows: whether an empty password opens the PC over the network, too.",
            type="boolean",
            leaves=True,
        ),
        Column(name="shortest_password", help="Characters a password must have at least.", type="integer", leaves=True),
        Column(name="autologon", help="Whether the PC signs somebody in by itself.", type="boolean", leaves=True),
        Column(
            name="stored_password",
            help="Windows: whether a password for that stands readable in the registry; it is not read.",
            type="boolean",
            leaves=True,
        ),
    ),
    key=("administrators",),
)
