"""Encrypted documents in a child that can open nothing: all that their ciphers need was loaded by warm()."""

import subprocess
import sys
import textwrap


def test_a_warm_child_opens_documents_of_every_cipher():
    """qpdf draws from a file of random numbers when AES is first used (PDF-66)."""
    program = """
        import io, os, resource, sys
        import pikepdf
        from policies.load import load_policy
        from sanitizers.formats.pdf import warm
        from sanitizers.model import Order
        from sanitizers.pipeline import sanitize

        # made by a process of its own: writing would draw the numbers that warm() is to draw
        files = []
        for revision in (2, 3, 4, 6):
            reader, writer = os.pipe()
            if os.fork() == 0:
                document, out = pikepdf.new(), io.BytesIO()
                document.add_blank_page()
                rule = pikepdf.Encryption(owner="o", user="", R=revision, metadata=revision > 3, aes=revision > 3)
                document.save(out, encryption=rule)
                os.write(writer, out.getvalue())
                os._exit(0)
            os.close(writer)
            os.wait()
            files.append(os.read(reader, 1 << 20))
        order = Order(name="a.pdf", policy=load_policy("default"))
        warm()
        child = os.fork()
        if child == 0:
            os.closerange(3, 100)
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            os._exit(0 if all(sanitize(data, order).data for data in files) else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True
    )

    assert finished.returncode == 0, finished.stderr
