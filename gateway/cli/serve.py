"""sekisho serve: the internet side, until it is told to stop."""

import argparse
import asyncio
from pathlib import Path

from gateway import memory
from gateway.app import serve
from gateway.cli.words import say
from gateway.config_file import load_config


def arguments(parser: argparse.ArgumentParser) -> None:
    """--config FILE; --check reads it and stops."""
    parser.add_argument("--config", type=Path, default=Path("gateway.toml"), metavar="FILE")
    parser.add_argument(
        "--check", action="store_true", help=say("only check the configuration", "設定の点検だけをする")
    )


def run(options: argparse.Namespace) -> int:
    """Exit 0 after a stop that was asked for. A mistake in the configuration is told by the caller (exit 2)."""
    config = load_config(options.config)
    if options.check:
        print(say(f"{options.config}: right", f"{options.config}: 正しい記述です"))
        return 0
    memory.keep_what_is_freed()
    asyncio.run(serve(config))
    return 0
