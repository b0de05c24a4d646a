"""Of which form a recording is: told by what stands in it, never by how its file is called."""

import re
from collections.abc import Callable

import msgspec

_EDID = bytes.fromhex("00ffffffffffff00")
_EFI_FLAG = 5
"""Four bytes of attributes, and the flag itself."""
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_REGISTRY = r"\A\s*Windows Registry Editor Version 5\.00\s+\[[^\]]*"
_END = r"\s*\]"


class Form(msgspec.Struct, frozen=True):
    """A kind of output; `holds(raw, text)` says whether a recording is of it."""

    name: str
    holds: Callable[[bytes, str], bool]


def decoded(raw: bytes) -> str:
    """The text of a recording: UTF-16 where its first bytes say so, UTF-8 otherwise, one line end."""
    text = raw.decode(_BOMS.get(raw[:2], "utf-8-sig"), "replace")
    return re.sub(r"\r+\n", "\n", text.lstrip("\ufeff"))


def form_of(raw: bytes) -> str | None:
    """The name of its form, None for one that is not known here."""
    text = decoded(raw)
    return next((form.name for form in FORMS if form.holds(raw, text)), None)


def _text(name: str, *patterns: str) -> Form:
    """A form whose text holds each of these patterns, line by line."""
    wanted = [re.compile(pattern, re.MULTILINE) for pattern in patterns]
    return Form(name, lambda _raw, text: all(pattern.search(text) for pattern in wanted))


def _wmi(name: str, *properties: str) -> Form:
    """Rows of a WMI class, known by properties that no other class has together."""
    return _text(name, *(rf"^{re.escape(one)}=" for one in properties))


def _listed(name: str, *properties: str) -> Form:
    """Objects as PowerShell's Format-List prints them."""
    return _text(name, *(rf"^{re.escape(one)} *: " for one in properties))


def _reg(name: str, key: str, end: str = "") -> Form:
    return _text(name, _REGISTRY + key + end)


FORMS = (
    Form("EDID", lambda raw, _text: raw.startswith(_EDID)),
    Form("EFI variable", lambda raw, _text: len(raw) == _EFI_FLAG and raw[-1] in {0, 1} and not raw[1] | raw[2]),
    # JSON
    _text("smartctl", r'"smartctl"\s*:', r'"device"\s*:|"exit_status"\s*:\s*[1-9]'),
    _text("smartctl --scan", r'"smartctl"\s*:', r'"devices"\s*:'),
    _text("MSStorageDriver", r'"VendorSpecific"\s*:'),
    _text("lsblk --json", r'"blockdevices"\s*:'),
    _text("mdatp health", r"\A\s*\{", r'"(?:realTimeProtectionEnabled|healthy)"\s*:'),
    _text("dpkg-query", r'^\{.*"package"\s*:.*"version"\s*:'),
    _text("productState numbers", r"\A\s*\[[\d\s,]+\]\s*\Z"),
    # reg export, by the first key
    _reg("reg CentralProcessor", r"\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor"),
    _reg("reg display class", r"\\\{4[dD]36[eE]968-[eE]325-11[cC][eE]-[bB][fF][cC]1-08002[bB][eE]10318\}"),
    _reg("reg firewall profile", r"\\FirewallPolicy\\\w+Profile"),
    _reg("reg LogonUI", r"\\LogonUI"),
    _reg("reg NetworkList", r"\\NetworkList"),
    _reg("reg USBPRINT", r"\\Enum\\USBPRINT"),
    _reg("reg USB", r"\\Enum\\USB", _END),
    _reg("reg Uninstall", r"\\CurrentVersion\\Uninstall"),
    # wmic … get /format:list
    _wmi("Win32_Processor", "MaxClockSpeed", "SocketDesignation"),
    _wmi("Win32_ComputerSystem", "Manufacturer", "Model", "PCSystemType"),
    _wmi("Win32_PhysicalMemory", "Capacity", "DeviceLocator"),
    _wmi("Win32_PhysicalMemoryArray", "MaxCapacity", "MemoryDevices"),
    _wmi("Win32_VideoController", "AdapterRAM", "VideoProcessor"),
    _wmi("Win32_DiskDrive", "InterfaceType", "BytesPerSector"),
    _wmi("MSFT_PhysicalDisk", "BusType", "CannotPoolReason"),
    _wmi("Win32_EncryptableVolume", "ConversionStatus", "EncryptionMethod"),
    _wmi("Win32_Volume", "BootVolume", "DriveLetter"),
    _wmi("Win32_LogicalDisk", "DriveType", "ProviderName"),
    _wmi("Win32_OperatingSystem", "OperatingSystemSKU", "BuildNumber"),
    _wmi("Win32_QuickFixEngineering", "HotFixID", "InstalledOn"),
    _wmi("Win32_UserAccount", "PasswordRequired", "SID"),
    _wmi("SoftwareLicensingProduct", "LicenseStatus", "PartialProductKey"),
    _wmi("MSFT_NetAdapter", "AdminLocked", "PermanentAddress"),
    _wmi("Win32_NetworkAdapterConfiguration", "DHCPEnabled", "IPEnabled"),
    _wmi("Win32_NetworkAdapter", "NetConnectionStatus", "PhysicalAdapter"),
    _wmi("CIM_LogicalDevice", "CreationClassName", "DeviceID"),
    # Windows' Security Center, as wmic or as PowerShell prints it
    _text("AntiVirusProduct", r"^displayName *[=:]", r"^productState *[=:]"),
    _listed("MSFT_MpComputerStatus", "AMRunningMode", "AntivirusEnabled"),
    _listed("CurrentVersion", "ProductName", "CurrentBuildNumber"),
    _listed("update history", "Title", "Operation", "ResultCode"),
    _text("Store apps", r"^PUBID:", r"^FOLDER:"),
    _text("setup event", r"Name=['\"]Microsoft-Windows-Servicing['\"]", r"<EventID[^>]*>2<"),
    _text("event", r"<Event\b", r"<EventID\b"),
    _text("powercfg /batteryreport", r"http://schemas\.microsoft\.com/battery"),
    # Labels of systeminfo are translated; the line of the version and the numbered list of hotfixes are not.
    _text("systeminfo", r"^[^\s:][^:]*: +\d+\.\d+\.\d+ .*\d{4,5}$", r"^ +\[\d+\]: "),
    _text("slmgr", r"^Name: ", r"^Description: .*channel"),
    _text("ipconfig", r"^Windows IP ", r"(?:\. )+\.?: ?"),
    _text("w32tm", r"^[^:]+: -?\d+ ?\(", r"^(?:Stratum|[^:]+): \d+ \("),
    # Linux
    _text("dmidecode", r"\bDMI type \d+, \d+ bytes"),
    _text("xrandr", r"^Screen \d+: minimum"),
    _text("lsusb", r"^Bus \d+ Device \d+: ID [0-9a-f]{4}:[0-9a-f]{4}"),
    _text("cpuinfo", r"^processor\s*: \d+$", r"^(?:model name|BogoMIPS|bogomips|Features|flags)\s*:"),
    _text("lpstat", r"^(?:printer \S+ (?:is|disabled|now)|(?:no )?system default destination|lpstat: )"),
    _text("upower", r"^\s*native-path: "),
    _text("needrestart", r"^NEEDRESTART-VER: "),
    _text("apt-config", r'^APT(?:::[\w:-]+)* "'),
    _text("apt-get --simulate", r"^(?:Inst|Remv) [a-z0-9][a-z0-9+.-]+"),
    _text("apt list", r"^[a-z0-9][a-z0-9+.-]+/\S+ \S+ \S+ \[[^\]]*: ?\S+\]$"),
    _text("os-release", r"^ID=", r"^(?:PRETTY_)?NAME="),
    _text("dnf check-update", r"^\S+\.(?:x86_64|noarch|i[3-6]86|aarch64)\s+\S+\s+\S+\s*$"),
    _text("lsblk", r"\ANAME\s+MAJ:MIN"),
    _text("ufw", r"^Status: (?:active|inactive)$"),
    _text("mokutil", r"^(?:SecureBoot (?:enabled|disabled)|EFI variables are not supported)"),
    _text("sshd -T", r"^permitrootlogin ", r"^passwordauthentication "),
    _text("timedatectl", r"Universal time:"),
    _text("timesync-status", r"Poll interval: .*min"),
    _text("ip addr", r"^\d+: \S+: <[A-Z_,0-9]*> mtu \d+"),
    _text("iw link", r"Connected to [0-9a-f:]{17}|^Not connected"),
    _text("nmcli wifi", r"nmcli\b.* wifi"),
    _text("netsh wlan", r"(?i)netsh|^\s+(?:SSID|BSSID)\s+\d*\s*:|wlansvc|network shell"),
)
"""In this order: a form that is told by little stands behind those that are told by much."""
BY_KIND = {
    "apt-simulate": "apt-get --simulate",
    "apt-list": "apt list",
    "apt-config": "apt-config",
    "yum-check-update": "dnf check-update",
    "dnf-check-update": "dnf check-update",
    "dmidecode": "dmidecode",
    "edid": "EDID",
    "efivar": "EFI variable",
    "lpstat": "lpstat",
    "lsblk-json": "lsblk --json",
    "mdatp-json": "mdatp health",
    "mokutil": "mokutil",
    "needrestart": "needrestart",
    "os-release": "os-release",
    "proc-cpuinfo": "cpuinfo",
    "smartctl-json": "smartctl",
    "ufw": "ufw",
}
"""What a truth file calls a form: asked where the recording is empty, or too short to tell."""
