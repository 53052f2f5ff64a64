"""sekisho audit verify|show|search|prove: check what was certified and logged, offline. Starts and writes nothing.

Exit 0: it holds. 1: something does not, and each fault is named. 2: usage, or something that cannot be read.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from gateway.audit.check import Fault, Head, Outcome, check_log
from gateway.audit.keys import Keys, PublicKey, key_ring
from gateway.audit.proof import MAX_PROOF_BYTES, Proof, ProofError, check_proof
from gateway.audit.record import SealError, digest
from gateway.cli.audit_lines import plain, print_event, prove, refuse, search, show, since, until
from gateway.cli.copies import Certified, Copy, Mismatch, check_certificate, compare, read_certificate
from gateway.cli.words import say
from sanitizers.model import Verdict

Action = Callable[[argparse.Namespace], int]

_FAULTS: Final = {
    Fault.NAME: ("no name of a segment", "セグメントの名前ではありません"),
    Fault.SEGMENT: ("does not continue the segment before it", "前のセグメントから続いていません"),
    Fault.UNENDED: (
        "the line has no end: cut off, or just being written",
        "行が途中で切れています（または書き込み中です）",
    ),
    Fault.LONG: ("longer than any line of the log", "ログにありえない長さの行です"),
    Fault.CANONICAL: ("not canonical JSON", "正規形の JSON ではありません"),
    Fault.STAMP: ("number, time or boot are not as the log writes them", "番号・時刻などがログの書式ではありません"),
    Fault.SEQUENCE: ("another number was expected", "連番が続いていません"),
    Fault.EVENT: ("not an event as the log writes it", "ログの書式にないできごとです"),
    Fault.CLOCK: ("stands after a later line of the same boot", "同じ起動中の、より後の行の後ろにあります"),
    Fault.KEY: ("certificate signed by an unknown key", "知らない鍵で署名された証明書です"),
    Fault.HEAD: ("the log up to here is not the one that was noted", "ここまでのログが、控えと一致しません"),
    Fault.SHORT: ("shorter than what was noted", "控えより短くなっています"),
}
_MISMATCHES: Final = {
    Mismatch.WITHHELD: ("this file was withheld: no copy was released", "止めたファイルです。渡したものはありません"),
    Mismatch.ORIGINAL: ("this is the original as it came in, not the copy", "渡したものではなく、受け取った原本です"),
    Mismatch.DIGEST: ("other bytes than those that were released", "渡したものと中身が違います（SHA-256）"),
    Mismatch.SIZE: ("another size", "大きさが違います"),
    Mismatch.NAME: ("another name", "名前が違います"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """One parser for each of the four."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = _action(
        actions, "verify", _verify, "check a copy, a proof or a whole log", "ファイル・証跡・ログ全体を検証する"
    )
    verify.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="LOGFOLDER | CERT FILE",
        help=say(
            "a log's folder; or a certificate (or a store's record) and the copy",
            "ログのフォルダー、または証明書とファイル",
        ),
    )
    _many(
        verify, "--key", Path, "PUB", "public key (PEM) that is trusted; again for more", "信頼する公開鍵（繰り返し可）"
    )
    verify.add_argument("--proof", type=Path, metavar="FILE", help=say("what `prove` printed", "prove の出力"))
    _many(verify, "--head", _head, "SIZE:ROOT", "noted before: the log grew from it", "以前に控えた 行数:木の根")
    showing = _action(
        actions, "show", show, "all lines about a file, or one line", "あるファイルの行、またはある番号の行を示す"
    )
    showing.add_argument("given", metavar="ID|SEQ")
    searching = _action(
        actions, "search", search, "lines as they stand, one JSON object each", "行を探して JSON のまま出す"
    )
    for name, words in (("event", "EVENT"), ("verdict", "VERDICT"), ("tenant", "TENANT"), ("sha256", "HEX")):
        searching.add_argument(f"--{name}", metavar=words, choices=tuple(Verdict) if name == "verdict" else None)
    searching.add_argument(
        "--from", dest="since", type=since, metavar="TIME", help=say("a day or time, UTC", "日または時刻（UTC）")
    )
    searching.add_argument(
        "--to", dest="until", type=until, metavar="TIME", help=say("that day included", "その日を含む")
    )
    proving = _action(actions, "prove", prove, "a proof that stands for itself", "単独で検証できる証跡を出す")
    proving.add_argument("given", metavar="ID")
    proving.add_argument(
        "--size", type=int, metavar="N", help=say("in the tree of the first N lines", "先頭 N 行の木について")
    )
    for one in (showing, searching, proving):
        one.add_argument("folder", type=Path, metavar="LOGFOLDER")


def run(options: argparse.Namespace) -> int:
    """Whatever cannot be read is exit 2."""
    try:
        action: Action = options.act
        return action(options)
    except OSError as error:
        return refuse(f"{error.filename or ''}: {error.strerror}")


def _verify(options: argparse.Namespace) -> int:
    keys = key_ring(PublicKey.load(path) for path in options.key)
    paths: list[Path] = options.paths
    if options.proof is None and len(paths) == 1 and paths[0].is_dir():
        return _verify_log(paths[0], keys if options.key else None, options.head)
    if len(paths) > 2 or (options.proof is None and len(paths) != 2):
        return refuse(
            say("expected LOGFOLDER, or CERT FILE, or --proof", "LOGFOLDER か CERT FILE か --proof を指定してください")
        )
    if options.head and options.proof is None:
        return refuse(say("--head is for a log or a proof", "--head はログか証跡の検証に使います"))
    if paths and not keys:
        return refuse(say("a certificate needs --key", "証明書の検証には --key が必要です"))
    faults: list[str] = []
    certified = _certified(paths[0], keys, faults) if paths else None
    if certified and len(paths) > 1:
        found = compare(certified.certificate, Copy.read(paths[1]))
        faults += [f"{paths[1]}: {say(*_MISMATCHES[one])}" for one in found]
    if options.proof is not None:
        faults += _verify_proof(options.proof, certified, options.head)
    return _told(faults)


def _verify_log(folder: Path, keys: Keys | None, heads: Sequence[Head]) -> int:
    outcome = check_log(folder, keys, heads)
    print(_summary(outcome))
    for key, count in sorted(outcome.keys.items()):
        is_known = "" if keys is None or key in keys else say(" (unknown)", "（未知）")
        print(say(f"signed by {key}{is_known}: {count:,}", f"署名鍵 {key}{is_known}: {count:,} 件"))
    faults = [
        f"{one.segment}:{one.line}: {say(*_FAULTS[one.fault])}" + (f" [{one.detail}]" if one.detail else "")
        for one in outcome.faults
    ]
    if more := outcome.fault_count - len(faults):
        faults.append(say(f"and {more:,} more", f"ほか {more:,} 件"))
    if not faults:
        print(say(f"head {outcome.head}", f"行数:木の根 {outcome.head}"))
    return _told(faults)


def _summary(outcome: Outcome) -> str:
    size, span = outcome.head.size, f"{outcome.first_time or '—'} … {outcome.last_time or '—'}"
    return say(
        f"{size:,} lines in {outcome.segments:,} segments, {span}",
        f"{size:,} 行、{outcome.segments:,} セグメント、{span}",
    )


def _certified(path: Path, keys: Keys, faults: list[str]) -> Certified | None:
    try:
        certified = check_certificate(read_certificate(path), keys)
    except SealError as error:
        faults.append(f"{path}: {say('no certificate by a trusted key', '信頼する鍵の証明書ではありません')} [{error}]")
        return None
    told = certified.certificate
    print(f"{told.get('id')}: {told.get('verdict')}, {plain(str(told.get('name_out') or told.get('name')))}")
    print(say(f"signed by {certified.key}", f"署名鍵 {certified.key}") + f", certificate_sha256 {digest(told)}")
    return certified


def _verify_proof(path: Path, certified: Certified | None, heads: Sequence[Head]) -> Iterator[str]:
    with path.open("rb") as file:
        untrusted = file.read(MAX_PROOF_BYTES)
    try:
        proof = check_proof(untrusted)
    except ProofError as error:
        yield f"{path}: {say('the proof does not hold', '証跡が成り立ちません')} [{error}]"
        return
    for event in proof.events:
        print_event(event)
    print(say(f"head {proof.head}", f"行数:木の根 {proof.head}"))
    if certified and not _is_about(proof, certified):
        yield f"{path}: {say('no line names this certificate', 'この証明書を記した行がありません')}"
    yield from _strange(path, proof, heads)


def _is_about(proof: Proof, certified: Certified) -> bool:
    return proof.id == certified.certificate.get("id") and proof.decides(digest(certified.certificate))


def _strange(path: Path, proof: Proof, heads: Sequence[Head]) -> Iterator[str]:
    if not heads:
        print(say("compare this head with one that was noted elsewhere", "この値を、別に控えた値と照合してください"))
    elif proof.head.size not in {head.size for head in heads}:
        size = heads[0].size
        yield f"{path}: " + say(
            f"the head is of another size: prove --size {size}", f"控えと行数が違います: prove --size {size}"
        )
    elif proof.head not in heads:
        yield f"{path}: {say(*_FAULTS[Fault.HEAD])}"


def _told(faults: Sequence[str]) -> int:
    for fault in faults:
        print(plain(fault))
    print(say("does NOT hold", "問題があります") if faults else say("holds", "問題ありません"))
    return 1 if faults else 0


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _many(parser: argparse.ArgumentParser, name: str, kind: Callable[[str], object], metavar: str, *help: str) -> None:
    parser.add_argument(name, type=kind, action="append", default=[], metavar=metavar, help=say(*help))


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, act: Action, *help: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=say(*help), description=say(*help))
    parser.set_defaults(act=act)
    return parser
