"""Files of the object store: opened only where they are regular, since a pipe in their place would be waited for without end."""

import errno
import os
import stat
from typing import BinaryIO, Final

LARGEST: Final = 1 << 30
TOO_LARGE: Final = "an object of {} bytes: more than is read in one"


def open_file(path: str) -> BinaryIO:
    """Open a regular file to be read as bytes. Raises OSError, also for what is something else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return open(descriptor, "rb")
