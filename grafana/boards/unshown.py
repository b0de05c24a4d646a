"""Which declared metrics stand on no dashboard and in no rule, each with the reason why.

A new one needs no line here: until somebody shows it or says why not, the dictionary says that it is new.
"""

NOT_YET = "no dashboard or rule asks for it yet"
UNSHOWN: dict[str, str] = {
    "school_agent_spool_oldest_timestamp_seconds": "for looking into one PC by hand; how much waits is shown",
    "school_agent_start_timestamp_seconds": "tells restarts of the program from restarts of the PC, in queries by hand",
    "school_clock_steps_total": "explains gaps of one PC by hand; clocks that are wrong are shown",
    "school_cpu_logical_processors": "retired",
    "school_interface_full_duplex": "retired",
    "school_internet_available_seconds_total": "retired",
    "school_internet_lost_seconds": "in queries by hand: it also has what was lost where nobody watched",
    "school_posture_checks": "one PC's sums; what it does not meet is named, the schools' sums are shown",
    "school_swap_size_bytes": "retired",
    "school_swap_used_bytes": "retired",
    "schooldrum_late_samples_total": "counts only where remote write is configured; for looking into it by hand",
    "schooldrum_rooms": "the size of the register, for capacity planning",
    "schooldrum_schools": "the size of the register, for capacity planning",
}
