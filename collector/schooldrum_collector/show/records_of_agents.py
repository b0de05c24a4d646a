"""What is recorded of the programs on all PCs together."""

from schooldrum_collector.show.rule import Record

AGENT_RECORDS: tuple[Record, ...] = (
    Record(
        name="schooldrum:agent_resident_memory_bytes:median",
        expr="quantile(0.5, school_agent_resident_memory_bytes)",
        about="Median over PCs of the memory the program holds.",
    ),
    Record(
        name="schooldrum:agent_resident_memory_bytes:max",
        expr="max(school_agent_resident_memory_bytes)",
        about="The most memory the program holds on any PC.",
    ),
    Record(
        name="schooldrum:agent_cpu_seconds:rate5m",
        expr="avg(rate(school_agent_cpu_seconds_total[5m]))",
        about="Mean over PCs of the share of one processor the program uses.",
    ),
    Record(
        name="schooldrum:agent_spool_results:sum",
        expr="sum(school_agent_spool_results)",
        about="Results that wait on PCs.",
    ),
    Record(
        name="schooldrum:agent_spool_dropped_results:sum",
        expr="sum(school_agent_spool_dropped_results_total)",
        about="Results that programs have given up since they started.",
    ),
    Record(
        name="schooldrum:agent_set_aside_reports:sum",
        expr="sum(school_agent_set_aside_reports_total)",
        about="Reports that programs have set aside since they started.",
    ),
)
