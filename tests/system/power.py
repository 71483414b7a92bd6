"""A disk whose power can be cut: what a process finds on it afterwards is what the kernel had sent to the device.

The disk is an ext4 image in a loop device. The image is a file on XFS, where a reflink copy of it is one instant.
All mounts stay in a mount namespace of this test process, so they vanish with it."""

import ctypes
import os
import subprocess
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_libc = ctypes.CDLL(None, use_errno=True)


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"


def _make_image(path, mkfs, gigabytes):
    with path.open("wb") as file:
        file.truncate(gigabytes << 30)
    _run(*mkfs, path)


def enter_mount_namespace():
    """From now on no mount of this process is seen outside. Needs root."""
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "A test of power cuts mounts disks of its own: run it as root")
    _run("mount", "--make-rprivate", "/")


class Disk:
    """`directory` is the disk in use; `cut()` gives the directory of a copy as a power cut at this moment leaves it."""

    def __init__(self, root: Path):
        self._root = root
        self._cuts = 0
        self._images = root / "images"
        self._images.mkdir()
        host = root / "host.img"
        _make_image(host, ["mkfs.xfs", "-q", "-m", "reflink=1"], 8)
        _run("mount", "-o", "loop", host, self._images)
        _make_image(self._images / "disk.img", ["mkfs.ext4", "-q"], 2)
        self.directory = self._mount("disk.img", "disk")

    def _mount(self, image, name):
        directory = self._root / name
        directory.mkdir()
        _run("mount", "-o", "loop", self._images / image, directory)
        return directory

    def commit_journal(self):
        """Makes every rename and deletion so far durable, as ext4 does every five seconds. File contents that
        nobody synced stay in memory."""
        fd = os.open(self.directory / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(fd, b".")
            os.fsync(fd)
        finally:
            os.close(fd)

    def cut(self):
        self._cuts += 1
        name = f"cut{self._cuts}"
        _run("cp", "--reflink=always", self._images / "disk.img", self._images / f"{name}.img")
        return self._mount(f"{name}.img", name)

    def drop(self, directory):
        """Gives back a copy that `cut` made."""
        _run("umount", directory)
        (self._images / f"{directory.name}.img").unlink()

    def close(self):
        for directory in [*self._root.glob("cut*"), self.directory, self._images]:
            subprocess.run(["umount", "-l", directory], capture_output=True, check=False)
        (self._root / "host.img").unlink()
