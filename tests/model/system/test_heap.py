from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries have no such settings"
)

HEAPS = """
import ctypes, sys, threading
from model.system.heap import share_heap
if "shared" in sys.argv:
    share_heap()
together = threading.Barrier(8)
def allocate():
    kept = [bytearray(100_000) for _ in range(20)]
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)
"""

FAULTS = """
import contextlib, resource, sys, threading
from pathlib import Path
from model.system.heap import kept_memory, share_heap
share_heap()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])
def work():
    before, first = resident(), 0
    with kept_memory() if "kept" in sys.argv else contextlib.nullcontext():
        for turn in range(6):
            b"x" * 2**26
            b"x" * 2**27
            first = first or faults()
        print(faults() - first, resident() - before, end=" ")
    print(resident() - before)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def run(code: str, *words: str) -> str:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shared", [True, False])
def test_many_threads_share_one_heap(shared: bool) -> None:
    found = run(HEAPS, *(["shared"] if shared else []))
    assert (found.count("<heap nr=") == 1) is shared


def test_freed_memory_is_used_again_and_given_back_at_the_end() -> None:
    faults, held, _ = map(int, run(FAULTS).split())
    kept_faults, kept_held, kept_at_end = map(int, run(FAULTS, "kept").split())

    pages = 2**27 // 4096
    assert faults > 5 * kept_faults
    assert held < pages / 2 < kept_held
    assert kept_at_end < pages / 2
