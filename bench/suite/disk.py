"""What the disk itself needs to make a few kilobytes durable: the least that an acknowledgement can take."""

import os
import threading
import time

BLOCK = bytes(4096)
FILE_BLOCKS = 4096


def sync_seconds(path, a_second, seconds):
    """Seconds that each write of 4 KiB with its fdatasync took, at so many of them a second, in a file that is there
    already, as segments of the embedded log are."""
    took, pause = [], threading.Event()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(FILE_BLOCKS):
            os.write(descriptor, BLOCK)
        os.fsync(descriptor)
        begin = time.perf_counter()
        for number in range(int(a_second * seconds)):
            pause.wait(max(0.0, begin + number / a_second - time.perf_counter()))
            before = time.perf_counter()
            os.pwrite(descriptor, BLOCK, number % FILE_BLOCKS * len(BLOCK))
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - before)
    finally:
        os.close(descriptor)
        os.unlink(path)
    return took
