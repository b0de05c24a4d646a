"""Runs a program whose directory lies on a small disk of its own, with what lay there before.

Called with the disk's size in bytes, the directory, and the command that starts the program. The disk is a
tmpfs in a mount namespace of this program; from outside it is /proc/PID/root/DIRECTORY, and it ends with the program.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_APART = ["unshare", "--mount", "--propagation", "private"]


def _main() -> None:
    if sys.argv[1] != "--apart":
        apart = [*_APART, sys.executable, __file__, "--apart", *sys.argv[1:]]
        os.execvp(apart[0], apart)  # noqa: S606 - it becomes that program
    size, directory, *program = sys.argv[2:]
    kept = Path(f"{directory}.kept")
    shutil.copytree(directory, kept)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", directory], check=True)
    shutil.copytree(kept, directory, dirs_exist_ok=True)
    shutil.rmtree(kept)
    os.execv(program[0], program)  # noqa: S606 - it becomes that program


if __name__ == "__main__":
    _main()
