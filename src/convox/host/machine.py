"""What this machine is, as far as a release may care."""

import platform


def architecture() -> str:
    """Return the kind of processor, such as ``x86_64``."""
    return platform.machine()


def python() -> str:
    """Return the version of the Python that runs this, as ``major.minor``."""
    return ".".join(platform.python_version_tuple()[:2])


def distribution() -> str | None:
    """Return the system and its version, such as ``debian-12``; ``None`` where it does not say."""
    try:
        found = platform.freedesktop_os_release()
    except OSError:
        return None
    return "-".join(filter(None, (found["ID"], found.get("VERSION_ID"))))
