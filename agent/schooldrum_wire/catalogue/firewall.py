"""What is said about the firewall."""

from schooldrum_wire.section import Column, Section

FIREWALL = Section(
    name="firewall",
    help="The firewall: a row for each of Windows' profiles, for each product of another maker, or for each of Linux.",
    columns=(
        Column(
            name="profile",
            help="domain, private or public: Windows' own; product: another maker's; ufw, firewalld, nftables,"
            " iptables or none: Linux.",
            leaves=True,
        ),
        Column(name="product", help="Name of another maker's product.", leaves=True),
        Column(name="enabled", help="Whether it is on; absent where it does not tell.", type="boolean", leaves=True),
        Column(name="inbound", help="What happens to what no rule names: block or allow.", leaves=True),
        Column(name="active", help="Whether a network in use stands under this profile.", type="boolean", leaves=True),
        Column(name="source", help="What tells it: effective, policy, local or product.", leaves=True),
    ),
    key=("profile", "product"),
)
