"""What the cases share: how long and how often they run, where they may write, and a Kafka that starts when the first
of them asks for it."""

import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import big_table
import places
import services
from checks import Acknowledged


class Stage:
    def __init__(self, quick, parent=None):
        """`parent`: a folder to write into."""
        self.quick = quick
        # The disk of the checkout: the temporary folder may be in memory, where a sync costs nothing.
        parent = parent or places.ROOT / "build"
        parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
        self._shared = ExitStack()
        self._cluster = self._table = None
        self._names = 0

    def pick(self, full, quick):
        """What a full run takes, or a quick one."""
        return quick if self.quick else full

    @property
    def rounds(self):
        return self.pick(5, 1)

    def new_folder(self, name):
        """A path that nobody has used."""
        self._names += 1
        return self.folder / f"{name}{self._names}"

    def acknowledged(self):
        return Acknowledged(self.new_folder("acknowledged"))

    def up(self, **settings):
        return services.running_up(self.new_folder("up"), **settings)

    def deployment(self, **settings):
        return services.running_deployment(self.new_folder("deployment"), self.cluster, **settings)

    @property
    def cluster(self):
        if self._cluster is None:
            self._cluster = self._shared.enter_context(services.running_cluster(self.new_folder("kafka")))
        return self._cluster

    @property
    def table(self):
        """The service with many rows, which the cases that ask for it let grow."""
        if self._table is None:
            self._table = self._shared.enter_context(big_table.running(self))
        return self._table

    def end_shared(self):
        """Ends what cases share; it starts anew when asked for."""
        self._cluster = self._table = None
        self._shared.close()

    def drop_shared(self):
        """The same after a failure, which has been told: that of the end adds nothing."""
        with suppress(Exception):
            self.end_shared()

    def close(self):
        self.drop_shared()
        shutil.rmtree(self.folder, ignore_errors=True)
