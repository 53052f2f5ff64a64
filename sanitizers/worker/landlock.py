"""Landlock: a ruleset without a single rule, so that no file, no port and no other process is reachable.

Source: linux/landlock.h. The version that a kernel reports is only where the search begins: RHEL 9.7 says 6 and
answers EINVAL to what came with 5.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.worker import kernel

# All rights over files of each version: 13 in the first, then refer, truncate, (network), ioctl on devices.
_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_RIGHTS: Final = 3  # bind and connect TCP, since 4
_SCOPES: Final = 3  # abstract sockets and signals stay inside, since 6
_NEWEST: Final = 6
_ASK_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset that the kernel took, and the version it was written for."""

    fd: int
    version: int


def create() -> Ruleset | None:
    """The strictest deny-all ruleset that this kernel takes, or None where it takes none."""
    try:
        reported = kernel.call(kernel.LANDLOCK_CREATE_RULESET, 0, 0, _ASK_VERSION)
    except OSError:  # not built in, or not turned on
        return None
    for version in range(min(reported, _NEWEST), 0, -1):
        try:
            return Ruleset(_create(version), version)
        except OSError as error:
            if error.errno != errno.EINVAL:
                return None
    return None


def restrict(fd: int) -> None:
    """Enforce the ruleset upon this process for good, and let go of it. Needs no_new_privs. Raises OSError."""
    kernel.call(kernel.LANDLOCK_RESTRICT_SELF, fd, 0)
    os.close(fd)


def attributes(version: int) -> bytes:
    """struct landlock_ruleset_attr, as long as this version knows it."""
    network = _NETWORK_RIGHTS if version >= 4 else 0
    whole = struct.pack("@QQQ", _FILE_RIGHTS[min(version, 5)], network, _SCOPES if version >= 6 else 0)
    return whole[: 24 if version >= 6 else 16 if version >= 4 else 8]


def _create(version: int) -> int:
    text = attributes(version)
    buffer = ctypes.create_string_buffer(text, len(text))
    return kernel.call(kernel.LANDLOCK_CREATE_RULESET, ctypes.addressof(buffer), len(text), 0)
