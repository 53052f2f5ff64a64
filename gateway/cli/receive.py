"""sekisho receive: the LGWAN side. It dials out, verifies, stores; nothing listens here."""

import argparse
import asyncio
import signal
from pathlib import Path

from gateway.cli.words import say
from gateway.receiver import receive
from gateway.receiver_config import ReceiverConfig, load_receiver_config


def arguments(parser: argparse.ArgumentParser) -> None:
    """--config FILE; --check reads it and stops."""
    parser.add_argument("--config", type=Path, default=Path("receiver.toml"), metavar="FILE")
    parser.add_argument(
        "--check", action="store_true", help=say("only check the configuration", "設定の点検だけをする")
    )


def run(options: argparse.Namespace) -> int:
    """Exit 0 after a stop that was asked for. A mistake in the configuration is told by the caller (exit 2)."""
    config = load_receiver_config(options.config)
    if options.check:
        print(say(f"{options.config}: right", f"{options.config}: 正しい記述です"))
        return 0
    asyncio.run(_receive(config))
    return 0


async def _receive(config: ReceiverConfig) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await receive(config, stop)
