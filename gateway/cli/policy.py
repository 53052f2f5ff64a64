"""sekisho policy check|show: is a policy right, and what does it order?"""

import argparse

from rich.console import Console
from rich.table import Table

from gateway.cli.words import JAPANESE, language, say
from policies.catalogue import CATALOGUE
from policies.load import load_policy
from policies.media import MEDIA_TYPES
from policies.model import Policy


def arguments(parser: argparse.ArgumentParser) -> None:
    """policy check NAME|FILE... ; policy show NAME|FILE."""
    steps = parser.add_subparsers(dest="step", required=True, metavar="check|show")
    check = steps.add_parser("check", help=say("name every mistake", "間違いをすべて示す"))
    check.add_argument("policies", nargs="+", metavar="NAME|FILE")
    show = steps.add_parser("show", help=say("all that it orders", "内容をすべて示す"))
    show.add_argument("policies", nargs=1, metavar="NAME|FILE")
    show.add_argument(
        "--all", action="store_true", help=say("every vector, not only the differing ones", "既定と同じ項目も示す")
    )


def run(options: argparse.Namespace) -> int:
    """Exit 0 when each policy is right; a mistake is told by the caller with file, line and key (exit 2)."""
    for name in options.policies:
        policy = load_policy(name)
        if options.step == "check":
            print(say(f"{name}: right ({policy.digest[:16]})", f"{name}: 正しい記述です（{policy.digest[:16]}）"))
        else:
            _show(policy, options.all)
    return 0


def _show(policy: Policy, everything: bool) -> None:
    console = Console()
    is_japanese = language() == JAPANESE
    console.print(f"[bold]{policy.name}[/]  {say('digest', 'ダイジェスト')} {policy.digest}")
    admitted = [
        kind.title_ja if is_japanese else kind.title for kind in MEDIA_TYPES.values() if policy.admits(kind.name)
    ]
    console.print(say("admits: ", "受け入れる形式: ") + ", ".join(admitted))
    console.print(say("rebuild class: ", "再構築の深さ: ") + policy.rebuild)
    limits = Table(title=say("limits", "上限"), box=None)
    limits.add_column("", style="bold")
    limits.add_column("", justify="right")
    for key, value in policy.as_dict()["limits"].items():
        limits.add_row(key, f"{value:,}")
    console.print(limits)
    actions = Table(title=say("actions", "処置"), box=None)
    for heading in ("ID", say("ordered", "処置"), say("default", "既定"), say("vector", "脅威")):
        actions.add_column(heading)
    for vector in CATALOGUE.values():
        ordered = policy.ordered(vector)
        if everything or ordered != vector.default:
            title = vector.title_ja if is_japanese and vector.title_ja else vector.title
            actions.add_row(vector.id, ordered.name.lower(), vector.default.name.lower(), title)
    console.print(actions if actions.row_count else say("each vector at its default", "処置はすべて既定のとおり"))
