from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from cae_gui.heaps import MOST

COUNT = """
import ctypes, sys, threading
from cae_gui.heaps import share_heaps
if "shared" in sys.argv:
    share_heaps()
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have no such heaps")
@pytest.mark.parametrize("shared", [True, False])
def test_many_threads_share_two_heaps(shared: bool) -> None:
    words = ["shared"] if shared else []
    done = subprocess.run(
        [sys.executable, "-c", COUNT, *words], capture_output=True, text=True, check=True
    )
    assert (done.stdout.count("<heap nr=") <= MOST) is shared
