"""What a figure was measured on: the processor, the cores, how busy the machine was, what a process used of it."""

import os
import platform
from pathlib import Path


def told() -> str:
    """The machine in a line."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, {platform.python_version()}"


def load() -> float:
    """How many processes wanted to run in the last minute."""
    return os.getloadavg()[0]


def cpu(pid: int) -> float:
    """Seconds of processor time that the threads of a process have used, to the nanosecond."""
    used = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        used += int((task / "schedstat").read_text().split()[0])
    return used / 1e9
