"""Certificates for the tests, made with openssl."""

import subprocess
from pathlib import Path


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True)


class Authority:
    """Somebody who signs certificates; `file` is what those who trust it are given."""

    def __init__(self, folder: Path, name="Test authority"):
        folder.mkdir()
        self.file = folder / "ca.pem"
        self._folder = folder
        self._key = folder / "ca.key"
        _openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", f"/CN={name}"),
            *("-keyout", self._key, "-out", self.file),
        )

    def sign(self, name, address="IP:127.0.0.1"):
        """(certificate, key, both in one) for whoever is found at `address`."""
        made, key, request, both = (self._folder / f"{name}.{kind}" for kind in ("pem", "key", "csr", "both"))
        extension = self._folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={address}\n")
        _openssl(
            *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", key, "-out", request),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial"),
            *("-days", 2, "-extfile", extension, "-out", made),
        )
        both.write_text(key.read_text() + made.read_text())
        return made, key, both
