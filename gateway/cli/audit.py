"""sekisho audit: check what was certified and logged, find it, take it away. Offline; starts and writes nothing.

Exit 0: it holds. 1: something does not, and each fault is named. 2: usage, or something that cannot be read.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from gateway.audit.chain import read_checkpoints
from gateway.audit.check import Fault, Outcome, check_log
from gateway.audit.checkpoint import Note, signed_by
from gateway.audit.formats import FORMATS
from gateway.audit.head import Head
from gateway.audit.keys import Keys, PublicKey, key_ring
from gateway.audit.proof import MAX_PROOF_BYTES, Proof, ProofError, check_proof
from gateway.audit.record import SealError, digest, timestamp
from gateway.cli.audit_lines import export, plain, print_event, prove, refuse, sample, search, show, since, until
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
    Fault.EPOCH: ("the chain of day keys does not hold", "日ごとの鍵の連鎖が成り立ちません"),
    Fault.NOTE: ("a checkpoint that does not hold", "成り立たないチェックポイントです"),
    Fault.SILENT: ("nothing was logged for so long, without a restart", "再起動もなく、長い間記録が途絶えています"),
    Fault.REMOVED: ("lines were removed, and no line says so", "行が取り除かれ、その記録がありません"),
    Fault.STALE: (
        "the last line is too old: is it still being written?",
        "最後の行が古すぎます。記録が止まっていませんか",
    ),
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
    _many(
        verify,
        "--checkpoint",
        Path,
        "FILE",
        "exported before: the log grew from it (a file of notes, or a folder with such files)",
        "以前に書き出したチェックポイント（ファイルまたはフォルダー）",
    )
    verify.add_argument(
        "--max-age",
        type=float,
        metavar="MINUTES",
        help=say("a last line that is older is a fault", "最後の行がこれより古ければ問題とする（分）"),
    )
    _many(verify, "--head", _head, "SIZE:ROOT", "noted before: the log grew from it", "以前に控えた 行数:木の根")
    showing = _action(
        actions, "show", show, "all lines about a file, or one line", "あるファイルの行、またはある番号の行を示す"
    )
    showing.add_argument("given", metavar="ID|SEQ")
    searching = _action(
        actions, "search", search, "lines as they stand, one JSON object each", "行を探して JSON のまま出す"
    )
    searching.add_argument("--ids", action="store_true", help=say("the files' ids alone", "受付番号だけを出す"))
    exporting = _action(actions, "export", export, "the lines for another program", "ほかのプログラム用に書き出す")
    exporting.add_argument("--as", dest="form", choices=tuple(FORMATS), default="csv", metavar="|".join(FORMATS))
    sampling = _action(actions, "sample", sample, "decisions drawn by lot", "判定の記録を抜き取る")
    sampling.add_argument("--count", type=int, default=20, metavar="N")
    sampling.add_argument(
        "--seed", required=True, metavar="TEXT", help=say("a word of your choice", "くじの種にする、任意の語")
    )
    for one in (searching, exporting, sampling):
        _filters(one)
    _action(
        actions,
        "verifier",
        _print_verifier,
        "print the checker that needs nothing of Sekisho: one file of Python",
        "Sekisho なしで検証できる、1ファイルの検証プログラムを出力する",
    )
    proving = _action(actions, "prove", prove, "a proof that stands for itself", "単独で検証できる証跡を出す")
    proving.add_argument("given", metavar="ID")
    proving.add_argument(
        "--size", type=int, metavar="N", help=say("in the tree of the first N lines", "先頭 N 行の木について")
    )
    _many(proving, "--checkpoint", Path, "FILE", "prove under this one", "このチェックポイントのもとで示す")
    for one in (showing, searching, exporting, sampling, proving):
        one.add_argument("folder", type=Path, metavar="LOGFOLDER")


def run(options: argparse.Namespace) -> int:
    """Whatever cannot be read is exit 2."""
    try:
        action: Action = options.act
        return action(options)
    except BrokenPipeError:
        raise
    except OSError as error:
        return refuse(f"{error.filename or ''}: {error.strerror}")


def _verify(options: argparse.Namespace) -> int:
    keys = key_ring(PublicKey.load(path) for path in options.key)
    paths: list[Path] = options.paths
    if options.proof is None and len(paths) == 1 and paths[0].is_dir():
        return _verify_log(paths[0], keys if options.key else None, options)
    if len(paths) > 2 or (options.proof is None and len(paths) != 2):
        return refuse(
            say("expected LOGFOLDER, or CERT FILE, or --proof", "LOGFOLDER か CERT FILE か --proof を指定してください")
        )
    if options.proof is None and (options.head or options.checkpoint or options.max_age):
        return refuse(say("--head is for a log or a proof", "--head はログか証跡の検証に使います"))
    if paths and not keys:
        return refuse(say("a certificate needs --key", "証明書の検証には --key が必要です"))
    faults: list[str] = []
    certified = _certified(paths[0], keys, faults) if paths else None
    if certified and len(paths) > 1:
        found = compare(certified.certificate, Copy.read(paths[1]))
        faults += [f"{paths[1]}: {say(*_MISMATCHES[one])}" for one in found]
    if options.proof is not None:
        faults += _verify_proof(options, keys, certified)
    return _told(faults)


def _print_verifier(options: argparse.Namespace) -> int:
    sys.stdout.write(resources.files("gateway.audit").joinpath("verifier.py").read_text(encoding="utf-8"))
    return 0


def _filters(parser: argparse.ArgumentParser) -> None:
    for name, words in (("event", "EVENT"), ("verdict", "VERDICT"), ("tenant", "TENANT"), ("sha256", "HEX")):
        parser.add_argument(f"--{name}", metavar=words, choices=tuple(Verdict) if name == "verdict" else None)
    parser.add_argument("--file", type=Path, help=say("as it came in, or was released", "受け取った（渡した）実物"))
    parser.add_argument("--name", metavar="NAME", help=say("as it came in; needs --name-key", "受け取ったときの名前"))
    parser.add_argument("--name-key", type=Path, metavar="FILE", help=say("names.key of the gateway", "names.key"))
    parser.add_argument(
        "--from", dest="since", type=since, metavar="TIME", help=say("a day or time, UTC", "日または時刻（UTC）")
    )
    parser.add_argument("--to", dest="until", type=until, metavar="TIME", help=say("that day included", "その日を含む"))


def _verify_log(folder: Path, keys: Keys | None, options: argparse.Namespace) -> int:
    notes = [note for path in options.checkpoint for note in read_checkpoints(path)]
    oldest = "" if options.max_age is None else timestamp(time.time_ns() - int(options.max_age * 60e9))
    outcome = check_log(folder, keys, options.head, notes, not_before=oldest)
    print(_summary(outcome))
    for line in _covered(outcome, notes):
        print(line)
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


def _covered(outcome: Outcome, notes: Sequence[Note]) -> Iterator[str]:
    """What the signatures cover, and what they do not."""
    if outcome.days:
        yield say(
            f"{outcome.days:,} day keys; signed up to line {outcome.signed_size:,}",
            f"日ごとの鍵 {outcome.days:,} 個、署名は {outcome.signed_size:,} 行目まで",
        )
    if notes:
        yield say(
            f"{len(notes):,} exported checkpoints compared", f"書き出し済みチェックポイント {len(notes):,} 個と照合"
        )
    elif outcome.days:
        yield say(
            "no exported checkpoint was given: whoever holds the keys could have written all of this anew",
            "書き出し済みチェックポイントの指定がありません。鍵を持つ者が全体を書き直していても分かりません",
        )
    if outcome.removed:
        yield say(
            f"{outcome.removed:,} lines were removed after their retention, their hashes are there",
            f"保存期間を過ぎて中身を取り除いた行 {outcome.removed:,} 件（ハッシュは残っています）",
        )
    if outcome.clock_steps:
        yield say(f"the clock was set {outcome.clock_steps:,} times", f"時計の変更 {outcome.clock_steps:,} 回")


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


def _verify_proof(options: argparse.Namespace, keys: Keys, certified: Certified | None) -> Iterator[str]:
    path: Path = options.proof
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
    note = proof.note
    if note is not None and keys:
        signers = signed_by(note, keys.values())
        if signers:
            print(say(f"checkpoint signed by {', '.join(signers)}", f"チェックポイントの署名鍵 {', '.join(signers)}"))
        else:
            yield f"{path}: {say(*_FAULTS[Fault.NOTE])}"
        if signers and not options.head and not options.checkpoint:
            return
    noted = [one.head for exported in options.checkpoint for one in read_checkpoints(exported)]
    yield from _strange(path, proof, [*options.head, *noted])


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
