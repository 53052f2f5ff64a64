"""What people read: why a file is withheld, what is wrong with a request; in English and Japanese. Tables, no logic."""

from dataclasses import dataclass
from typing import Final

from sanitizers.errors import Reason


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in both languages."""

    en: str
    ja: str

    def within(self, language: str) -> str:
        """In Japanese for "ja", in English for any other."""
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of problem of the HTTP interface: its status never changes once published, nor does its code."""

    status: int
    title: Text


REASONS: Final[dict[Reason, Text]] = {
    Reason.EMPTY: Text(
        "The file is empty, or nothing is left of it without what is unsafe, such as macros.",
        "ファイルが空か、マクロなどの危険な部分を除くと中身が残りません。",
    ),
    Reason.MALFORMED: Text(
        "The file is damaged or does not follow its format. Open it in its program, save it again and resend.",
        "ファイルが壊れているか、形式どおりに作られていません。元のソフトで開いて保存し直し、送り直してください。",
    ),
    Reason.UNSUPPORTED: Text(
        "This type of file cannot be made safe yet. Convert it to another type, such as PDF or JPEG.",
        "この種類のファイルはまだ無害化できません。PDFやJPEGなど、別の形式に変換してください。",
    ),
    Reason.ENCRYPTED: Text(
        "The file is locked with a password. Send it again with the password, or without the lock.",
        "パスワードで保護されています。パスワードを添えるか、保護を外して送り直してください。",
    ),
    Reason.LIMIT: Text(
        "The file is too large, or holds too much once unpacked. Split it into smaller files.",
        "ファイルが大きすぎるか、展開すると大きくなりすぎます。分割して送ってください。",
    ),
    Reason.FORBIDDEN_TYPE: Text(
        "Programs, scripts, shortcuts and the like are never let through.",
        "プログラム、スクリプト、ショートカットなどは通せません。",
    ),
    Reason.NOT_ADMITTED: Text(
        "Your organisation's policy does not admit this type of file here.",
        "この種類のファイルは、組織のポリシーで受け付けていません。",
    ),
    Reason.DISGUISED: Text(
        "The content does not match the file's name or type. Give it the right extension, or check where it came from.",
        "中身とファイル名（拡張子）が一致しません。正しい拡張子にするか、入手元を確認してください。",
    ),
    Reason.POLICY: Text(
        "The file holds something that your organisation's policy blocks.",
        "組織のポリシーで禁止されている要素が含まれています。",
    ),
    Reason.TIMEOUT: Text(
        "Making the file safe took too long, so it was held back. Simplify or split it and try again.",
        "無害化に時間がかかりすぎたため、止めました。内容を分けるなどして、もう一度お試しください。",
    ),
    Reason.CRASHED: Text(
        "The file could not be finished on our side, so it was held back. Please tell the administrator.",
        "処理の途中で失敗したため、止めました。システム管理者に連絡してください。",
    ),
    Reason.OUT_OF_MEMORY: Text(
        "The file needs more memory than is allowed, so it was held back. Simplify or split it and try again.",
        "処理に必要なメモリーが上限を超えたため、止めました。内容を分けるなどして、もう一度お試しください。",
    ),
    Reason.NONSENSE: Text(
        "An internal check failed, so the file was held back. Please tell the administrator.",
        "内部の確認で異常が見つかったため、止めました。システム管理者に連絡してください。",
    ),
    Reason.REFUSED_BY_JUDGE: Text(
        "The rebuilt copy did not pass the second inspection, so it was held back. Please tell the administrator.",
        "作り直したファイルが二次検査を通らなかったため、止めました。システム管理者に連絡してください。",
    ),
    Reason.UNAVAILABLE: Text(
        "The service could not treat the file now, so it was held back. Please try again later.",
        "ただいま処理できないため、止めました。しばらくしてからもう一度お試しください。",
    ),
}


REFUSALS: Final[dict[str, Refusal]] = {
    "bad-request": Refusal(400, Text("The request could not be read.", "リクエストを読み取れません。")),
    "bad-name": Refusal(
        400,
        Text(
            "The file name is missing or unreadable.",
            "ファイル名がないか、読み取れません。",
        ),
    ),
    "bad-context": Refusal(
        400, Text("Direction, sender or room is not as expected.", "方向・送信者・ルームの指定が正しくありません。")
    ),
    "bad-digest": Refusal(
        400,
        Text(
            "The bytes received do not have the digest given.",
            "受信した内容が、指定のダイジェストと一致しません。",
        ),
    ),
    "incomplete": Refusal(400, Text("The body ended before its announced length.", "本文が途中で切れています。")),
    "one-file-only": Refusal(400, Text("Send one file per request.", "1回のリクエストで送れるファイルは1つです。")),
    "no-file": Refusal(400, Text("The form holds no file.", "フォームにファイルがありません。")),
    "unauthorized": Refusal(401, Text("A valid key is needed.", "有効なキーが必要です。")),
    "no-policy": Refusal(
        403,
        Text(
            "No rule admits files from here.",
            "この送信元・ルームからのファイルを受け付ける規則がありません。",
        ),
    ),
    "wrong-consumer": Refusal(403, Text("This key belongs to another consumer.", "このキーは別の受信側のものです。")),
    "second-operator": Refusal(
        403,
        Text(
            "This takes another operator: have one approve it for you.",
            "管理者がもう1人必要です。別の管理者に承認してもらってください。",
        ),
    ),
    "not-found": Refusal(404, Text("There is no such file.", "そのようなファイルはありません。")),
    "no-such-path": Refusal(404, Text("There is nothing at this address.", "このアドレスには何もありません。")),
    "method-not-allowed": Refusal(
        405,
        Text(
            "This address does not take that method.",
            "このメソッドは使えません。",
        ),
    ),
    "too-slow": Refusal(408, Text("The body came in too slowly.", "本文の受信が遅すぎます。")),
    "not-ready": Refusal(409, Text("The file is still being treated.", "まだ処理中です。")),
    "withheld": Refusal(
        409, Text("The file is withheld; there is no copy.", "このファイルは止められており、渡せません。")
    ),
    "in-progress": Refusal(
        409,
        Text(
            "A request with this Idempotency-Key is still running.",
            "同じIdempotency-Keyのリクエストを処理中です。",
        ),
    ),
    "lease-lost": Refusal(409, Text("This lease is not in force any more.", "このリースは失効しています。")),
    "expired": Refusal(
        410, Text("The copy was removed after its retention.", "保存期間を過ぎたため、削除されました。")
    ),
    "too-large": Refusal(
        413, Text("The file is larger than allowed.", "ファイルが上限より大きいため、受け取れません。")
    ),
    "encoded-body": Refusal(
        415, Text("Bodies with a Content-Encoding are not taken.", "Content-Encoding付きの本文は受け取れません。")
    ),
    "bad-range": Refusal(416, Text("That range is not in the file.", "指定の範囲はファイルにありません。")),
    "bad-expectation": Refusal(417, Text("This expectation cannot be met.", "このExpectには応じられません。")),
    "key-reused": Refusal(
        422,
        Text(
            "This Idempotency-Key was used for another file.",
            "このIdempotency-Keyは別のファイルに使われています。",
        ),
    ),
    "digest-differs": Refusal(
        422,
        Text(
            "The digest is not that of the delivered copy.",
            "ダイジェストが、渡したファイルのものと一致しません。",
        ),
    ),
    "blocked": Refusal(422, Text("The file is refused.", "このファイルは通せません。")),
    "quota": Refusal(
        429,
        Text(
            "Your organisation has as many files here as it may; try again later.",
            "組織の上限まで受け付けています。しばらくしてからお試しください。",
        ),
    ),
    "failed": Refusal(
        500,
        Text(
            "The file could not be finished; it is withheld.",
            "処理を完了できず、止めました。",
        ),
    ),
    "damaged": Refusal(500, Text("The kept copy is damaged.", "保存していたファイルが壊れています。")),
    "internal": Refusal(500, Text("Something went wrong on our side.", "内部で問題が発生しました。")),
    "busy": Refusal(
        503, Text("Too many requests at once; try again soon.", "混み合っています。少し待ってお試しください。")
    ),
    "unavailable": Refusal(503, Text("The service is not available now.", "ただいまご利用いただけません。")),
    "no-space": Refusal(
        507,
        Text(
            "There is no room for more files now.",
            "空き容量が足りないため、受け取れません。",
        ),
    ),
}


def reason_text(reason: Reason, language: str) -> str:
    """Why a file is withheld, in words that a clerk understands, and what to do about it."""
    return REASONS[reason].within(language)
