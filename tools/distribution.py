"""Install the distribution's packages that are not there yet: ``distribution.py PACKAGE...``.

Servers that a package would start by itself are kept from starting: a rack and its tests run
their own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# A package is there when any of these files is.
SIGNS = {
    "gcc": ("/usr/bin/gcc",),
    "haproxy": ("/usr/sbin/haproxy",),
    "libc6-dev": ("/usr/include/stdio.h",),
    "postgresql": ("/usr/lib/postgresql/*/bin/postgres",),
    "spin": ("/usr/bin/spin",),
}
NO_START = "#!/bin/sh\nexit 101\n"  # policy-rc.d: starting is forbidden by policy


def is_there(package: str) -> bool:
    """Say whether one of the package's files is there."""
    return any(list(Path("/").glob(file.lstrip("/"))) for file in SIGNS[package])


def install(packages: list[str]) -> None:
    """Install packages without letting them start a server or make a cluster."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        if ours:
            policy.write_text(NO_START)
            policy.chmod(0o755)
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        command = ["apt-get", "install", "-qq", "--no-install-recommends", *packages]
        with tempfile.TemporaryFile("w+") as log:
            done = subprocess.run(command, env=environment, stdout=log, stderr=log, check=False)
            log.seek(0)
            if done.returncode:
                sys.exit(f"cannot install {' '.join(packages)}:\n{log.read()}")
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def main() -> None:
    """Install what is missing, or say what a person has to."""
    missing = [package for package in sys.argv[1:] if not is_there(package)]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"please install {' '.join(missing)} (apt-get install {' '.join(missing)})")
    print(f"Installing {' '.join(missing)}")
    install(missing)


if __name__ == "__main__":
    main()
