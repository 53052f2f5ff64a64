"""GIF, WebP, BMP and ICO in a child that can open nothing: all that it needs was loaded by warm()."""

import subprocess
import sys
import textwrap


def test_a_warm_child_opens_no_file():
    program = """
        import os, resource, sys
        from sanitizers.errors import InputError
        from sanitizers.formats import bmp, gif, ico, webp
        from tests.sanitizers.pictures import corpus, rebuild

        rooms = {"gif": (gif, gif.GIF), "webp": (webp, webp.WEBP), "bmp": (bmp, bmp.BMP), "ico": (ico, ico.ICO)}
        files = [(rooms[kind][1], path.read_bytes()) for kind in rooms for path in corpus(kind)]
        for module, _ in rooms.values():
            module.warm()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            done = 0
            for sanitizer, untrusted in files:
                try:
                    done += bool(rebuild(sanitizer, untrusted).data)
                except InputError:
                    pass
            os._exit(0 if done >= 45 else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True
    )

    assert finished.returncode == 0, finished.stderr
