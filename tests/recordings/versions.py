"""Recorded answers about Windows' version and its updates in the shape that the registry and the Update Agent give."""

import re
from datetime import datetime
from typing import Any

_SKUS = {
    "4": ("Enterprise", "Enterprise"), "27": ("EnterpriseN", "Enterprise N"), "48": ("Professional", "Professional"),
    "49": ("ProfessionalN", "Professional N"), "98": ("CoreN", "Home N"), "99": ("CoreCountrySpecific", "Home China"),
    "100": ("CoreSingleLanguage", "Home Single Language"), "101": ("Core", "Home"), "121": ("Education", "Education"),
    "122": ("EducationN", "Education N"), "125": ("EnterpriseS", "Enterprise LTSC"),
    "126": ("EnterpriseSN", "Enterprise N LTSC"), "161": ("ProfessionalWorkstation", "Pro for Workstations"),
    "164": ("ProfessionalEducation", "Pro Education"), "188": ("IoTEnterprise", "IoT Enterprise"),
    "191": ("IoTEnterpriseS", "IoT Enterprise LTSC"), "1": ("Ultimate", "Ultimate"),
    "3": ("HomePremium", "Home Premium"),
    "2": ("HomeBasic", "Home Basic"), "7": ("ServerStandard", "Standard"), "8": ("ServerDatacenter", "Datacenter"),
}  # fmt: skip
_NAMES = {"6000": "Vista", "6002": "Vista", "7600": "7", "7601": "7", "9200": "8", "9600": "8.1"}


def format_list(text: str) -> list[dict[str, str]]:
    """PowerShell's `Format-List`: `Name : value` lines, an empty line between objects."""
    found: list[dict[str, str]] = []
    for block in re.split(r"\n\s*\n", text.replace("\r", "").lstrip("\ufeff")):
        pairs = [line.partition(":") for line in block.splitlines() if ":" in line]
        if pairs:
            found.append({name.strip(): value.strip() for name, _, value in pairs})
    return found


def current_version(text: str) -> dict[str, Any]:
    """`Get-ItemProperty …\\CurrentVersion` with the architecture, as `operating_system.fetch_windows` gives them."""
    said = {name: value for block in format_list(text) for name, value in block.items()}
    numbers = {"CurrentMajorVersionNumber", "CurrentMinorVersionNumber", "UBR", "InstallDate"}
    version = {name: int(value) if name in numbers else value for name, value in said.items()}
    return {"architecture": version.pop("PROCESSOR_ARCHITECTURE", ""), "version": version}


def _epoch(stamp: str) -> int:
    local = datetime.strptime(stamp[:14] + "+0000", "%Y%m%d%H%M%S%z")
    return int(local.timestamp()) - 60 * int(stamp[21:])


def operating_system(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Win32_OperatingSystem as the registry tells the same things: in one language, by numbers."""
    edition, label = _SKUS.get(row["OperatingSystemSKU"], ("", ""))
    server = row["ProductType"] != "1"
    number = _NAMES.get(row["BuildNumber"], "10")
    major, minor, _ = row["Version"].split(".", 2)
    version = {
        "ProductName": f"Windows {'Server' if server else number} {label}".strip(),
        "EditionID": edition,
        "InstallationType": "Server" if server else "Client",
        "CurrentVersion": f"{major}.{minor}",
        "CurrentBuildNumber": row["BuildNumber"],
        "CSDVersion": row.get("CSDVersion") or "",
        "InstallDate": _epoch(row["InstallDate"]),
    }
    bits = "x86" if str(row["OSArchitecture"]).startswith("32") else "AMD64"
    return {"version": version, "architecture": bits}


def systeminfo(text: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """`systeminfo` as the registry and as rows of hotfixes. Its labels are translated, their order is not."""
    lines = text.replace("\r", "").splitlines()
    values = [line.partition(":")[2].strip() for line in lines if re.match(r"\S.*:", line)]
    build = re.findall(r"\d+", values[2])[-1]
    version = {
        "ProductName": values[1].removeprefix("Microsoft "),
        "CurrentVersion": ".".join(values[2].split(".")[:2]),
        "CurrentBuildNumber": build,
    }
    if int(build) >= 10000:
        version |= {"CurrentMajorVersionNumber": 10, "CurrentMinorVersionNumber": 0}
    hotfixes = [{"HotFixID": name} for name in re.findall(r"^\s+\[\d+\]: (KB\d+)\s*$", text, re.MULTILINE)]
    return {"version": version, "architecture": "AMD64"}, hotfixes


def history(text: str) -> list[dict[str, Any]]:
    """`QueryHistory` as vuls prints it, oldest first: titles stand for the articles in them."""
    return [
        {"Title": said["Title"], "Operation": int(said["Operation"]), "ResultCode": int(said["ResultCode"])}
        for said in format_list(text)
    ]
