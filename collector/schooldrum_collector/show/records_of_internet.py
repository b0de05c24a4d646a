"""What is recorded of schools' ways to the internet."""

from schooldrum_collector.show.rule import Record

_IPV4 = '{family="ipv4"}'
_FAR = '{family="ipv4",step=~"provider|national|international"}'
"""What only observers try while all is well: of other steps every PC of the area would be looked at each minute."""

WAY_RECORDS: tuple[Record, ...] = (
    Record(
        name="schooldrum:ladder_step_success:ratio",
        expr=f"avg by (school, step) (school_ladder_step_success{_IPV4})",
        about="Of the PCs that tried a step on the way to the internet, the share that was answered.",
    ),
    Record(
        name="schooldrum:ladder_round_trip_seconds:median",
        expr=f"quantile by (school, step) (0.5, school_ladder_round_trip_seconds{_FAR})",
        about="Median over PCs of the time until a step answered.",
    ),
    Record(
        name="schooldrum:ladder_jitter_seconds:median",
        expr=f"quantile by (school, step) (0.5, school_ladder_jitter_seconds{_FAR})",
        about="Median over PCs of the jitter of a step.",
    ),
    Record(
        name="schooldrum:ladder_loss_ratio:avg",
        expr=f"avg by (school, step) (school_ladder_loss_ratio{_FAR})",
        about="Mean over PCs of the share of tries that a step did not answer.",
    ),
    Record(
        name="schooldrum:target_success:ratio",
        expr="avg by (target) (max by (school, target) (school_target_success))",
        about="Of the schools that asked a service, the share that reached it.",
    ),
)
