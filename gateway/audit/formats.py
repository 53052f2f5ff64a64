"""Lines of the audit log as other programs read them: CSV, CEF, OCSF. Nothing is added that the line does not say.

Source: ArcSight CEF 0.1 (escaping, prefix), OCSF 1.3 (Scan Activity 6007, Application Lifecycle 6002, Base Event 0).
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from gateway.audit.fields import FIELDS
from gateway.audit.record import nanoseconds
from gateway.audit.segments import Line

COLUMNS: Final = ("seq", "time", "event", *FIELDS, "boot", "mono_ns")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SEVERITY: Final = {"alarm": 8, "undelivered": 7, "opened": 7, "approved": 6, "refused": 6, "torn": 6, "clock": 4}
_WITHHELD: Final = frozenset({"blocked", "failed"})
_CEF_NAMES: Final = {
    "id": "externalId",
    "sha256_in": "oldFileHash",
    "sha256_out": "fileHash",
    "sha256": "fileHash",
    "size": "fsize",
    "media_type": "fileType",
    "reason": "reason",
    "verdict": "outcome",
    "operator": "suser",
    "tenant": "cs1",
    "policy": "cs2",
    "certificate_sha256": "cs3",
    "consumer": "cs4",
}
_CEF_LABELS: Final = {"cs1": "tenant", "cs2": "policy", "cs3": "certificateSha256", "cs4": "consumer"}
_SCAN, _LIFECYCLE, _BASE = 6007, 6002, 0


def as_jsonl(lines: Iterable[Line]) -> Iterator[bytes]:
    """As they stand."""
    for line in lines:
        yield line.raw + b"\n"


def as_csv(lines: Iterable[Line]) -> Iterator[bytes]:
    """With a byte order mark, so that Excel reads UTF-8; a cell never begins as a formula does."""
    yield b"\xef\xbb\xbf" + _row(COLUMNS)
    for line in lines:
        yield _row([_cell(line.event.get(name)) for name in COLUMNS])


def as_cef(lines: Iterable[Line]) -> Iterator[bytes]:
    """One event a line, without the syslog header, which the sender puts before it."""
    for line in lines:
        event = line.event
        told = {_CEF_NAMES[name]: event[name] for name in _CEF_NAMES if event.get(name) is not None}
        told |= {f"{name}Label": label for name, label in _CEF_LABELS.items() if name in told}
        told |= {"rt": nanoseconds(str(event["time"])) // 1_000_000, "cn1": line.seq, "cn1Label": "seq"}
        name = str(event["event"])
        head = "|".join(
            _cef_head(part) for part in ("Sekisho", "sekisho", str(event["v"]), name, name, str(_severity(event)))
        )
        yield f"CEF:0|{head}|{' '.join(f'{key}={_cef_value(value)}' for key, value in told.items())}\n".encode()


def as_ocsf(lines: Iterable[Line]) -> Iterator[bytes]:
    """One JSON object a line: a decision is a scan; what OCSF has no place for stands under `unmapped`."""
    for line in lines:
        event = line.event
        kind, activity = _class_of(event)
        told: dict[str, Any] = {
            "activity_id": activity,
            "category_uid": kind // 1000,
            "class_uid": kind,
            "type_uid": kind * 100 + activity,
            "severity_id": 1 if (severity := _severity(event)) < 4 else 3 if severity < 7 else 4,
            "time": nanoseconds(str(event["time"])) // 1_000_000,
            "metadata": {
                "product": {"name": "Sekisho", "vendor_name": "Sekisho"},
                "version": "1.3.0",
                "sequence": line.seq,
                "uid": f"{event['boot']}/{line.seq}",
            },
            "unmapped": dict(event),
        }
        if kind == _SCAN:
            told["scan"] = {"uid": event["id"], "name": "sanitize", "type_id": 99, "type": "sanitize"}
            told |= {"num_files": 1, "num_detections": int(event["verdict"] != "clean")}
            told["status_id"] = 2 if event["verdict"] in _WITHHELD else 1
        yield orjson.dumps(told) + b"\n"


FORMATS: Final[Mapping[str, Callable[[Iterable[Line]], Iterator[bytes]]]] = {
    "jsonl": as_jsonl,
    "csv": as_csv,
    "cef": as_cef,
    "ocsf": as_ocsf,
}


def _row(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _severity(event: Mapping[str, Any]) -> int:
    return 5 if event.get("verdict") in _WITHHELD else _SEVERITY.get(str(event["event"]), 2)


def _class_of(event: Mapping[str, Any]) -> tuple[int, int]:
    match event["event"]:
        case "decided":
            return _SCAN, 2  # completed
        case "started":
            return _LIFECYCLE, 3
        case "stopped":
            return _LIFECYCLE, 4
    return _BASE, 99


def _cef_head(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _cef_value(value: Any) -> str:
    return str(value).replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")
