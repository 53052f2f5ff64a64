"""Windows metafiles: lists of records. What the tables in `allow` name is written anew (IMG-31 to IMG-33)."""

from policies.model import Policy
from sanitizers.budget import Budget
from sanitizers.formats.metafile import allow
from sanitizers.formats.metafile.emf import EMF, SafeEmf
from sanitizers.formats.metafile.fields import layout
from sanitizers.formats.metafile.wmf import WMF, SafeWmf
from sanitizers.parsers.metafile import EmfHeader
from sanitizers.sanitizer import Job

__all__ = ["EMF", "WMF", "warm"]


def warm() -> None:
    """Take small drawings all the way, and read every row of the tables."""
    for row in (*allow.EMF.values(), *allow.WMF.values()):
        layout(row.layout)
    policy = Policy(name="warm")
    job = Job(policy, Budget(policy.limits))
    square = (0, 0, 9, 9)
    header = EmfHeader(square, square, (9, 9), (9, 9), (9000, 9000), False)
    EMF.reconstruct(EMF.disarm(EMF.parse(EMF.reconstruct(SafeEmf(header, 1, ())), job.budget), job))
    WMF.reconstruct(WMF.disarm(WMF.parse(WMF.reconstruct(SafeWmf((*square, 96), 0x300, 0, ())), job.budget), job))
