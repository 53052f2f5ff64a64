"""Builds the service: keys, record, spool, workers, dispatch, doors; started in this order, stopped in the other."""

import asyncio
import contextlib
import resource
import signal
import ssl
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web

from gateway.audit.epochs import EpochKeys
from gateway.audit.keeper import Keeper
from gateway.audit.keys import KeyFileError, NameKey, SigningKey
from gateway.audit.log import AuditLog
from gateway.audit.record import Machine
from gateway.audit.recorder import Recorder
from gateway.audit.segments import LogError
from gateway.canary import CanaryError, Watch
from gateway.clock import Clock
from gateway.config import Config, Listen
from gateway.dispatch import Dispatch
from gateway.doors.hall import Hall, KeyRing, Turnstile
from gateway.doors.http import most_connections, new_server
from gateway.doors.routes import ROUTES
from gateway.durable import make_folder
from gateway.hooks import Hooks
from gateway.intake import Intake
from gateway.ledger import Ledger
from gateway.log import configure, place_of
from gateway.metrics import Metrics
from gateway.push import Pushes, give_up_exhausted
from gateway.spool.base import SpoolBrokenError, SpoolError, SweepReport, trouble
from gateway.spool.sqlite import SqliteSpool
from gateway.store import StoreError
from gateway.toml_file import ConfigError
from gateway.withheld import Withheld
from gateway.workers import Workers
from sanitizers.errors import SandboxError, SekishoError

_SWEEP_EVERY_S: Final = 60.0
_DAY_NS: Final = 86_400 * 10**9
_BACKLOG: Final = 1024  # connections that wait to be accepted
_FILES: Final = 65_536  # descriptors, if the system lets us have them
_Key = TypeVar("_Key", SigningKey, NameKey)
_log: Final = structlog.get_logger(__name__)


class GatewayError(SekishoError):
    """The service had to stop: it could not keep its promises any longer. What was accepted is safe on disk."""


class App:
    """One gateway. `start`, then `wait`, then `stop`."""

    def __init__(self, config: Config, workers: Workers | None = None) -> None:
        self._config = config
        self._workers = _new_workers(config) if workers is None else workers
        self._watch = Watch(self._workers) if workers is None else None  # doubles would let everything through
        self._rooms = AsyncExitStack()
        self._failed: asyncio.Future[str] | None = None
        self._runner: web.ServerRunner | None = None
        self.hall: Hall | None = None

    async def start(self) -> None:
        """Be ready for files. Raises ConfigError for what the operator can mend; then nothing is left running."""
        self._failed = asyncio.get_running_loop().create_future()
        async with self._rooms as rooms:  # closed again unless everything is open
            await self._start()
            self._rooms = rooms.pop_all()

    async def wait(self) -> None:
        """Until the service cannot go on. Raises GatewayError then; never returns otherwise."""
        assert self._failed is not None, "start() comes first"
        raise GatewayError(await asyncio.shield(self._failed))

    async def stop(self) -> None:
        """Take nothing more in, finish what runs, put the rest back, close the record."""
        if self.hall is not None:
            self.hall.is_stopping = True
            self.hall.spool.let_go()
        await self._rooms.aclose()

    @property
    def port(self) -> int:
        """The port that is listened on, where 0 was asked for."""
        assert self._runner is not None
        address = self._runner.addresses[0]
        return int(address[1])

    async def _start(self) -> None:
        config = self._config
        _allow_descriptors()
        make_folder(config.audit.key.parent, 0o700)
        key, name_key = _key(SigningKey, config.audit.key), _key(NameKey, config.audit.name_key)
        recorder = Recorder(_audit_log(config.audit.folder))
        self._rooms.push_async_callback(recorder.close)
        keeper = await self._keep_checkpoints(recorder, key)
        spool, report = await self._open_spool()
        await self._start_workers()
        await self._send_canaries()
        machine = Machine(versions=self._workers.versions, tier=self._workers.tier, tier_name=self._workers.tier_name)
        ledger, metrics = Ledger(recorder, key, name_key, machine), Metrics()
        ledger.on_failure = self._fail
        await ledger.started()
        self._rooms.push_async_callback(_say_stopped, ledger)
        for id in report.orphans:
            await ledger.removed(id, "never-accepted")
        dispatch = Dispatch(config, spool, self._workers, ledger, metrics)
        dispatch.on_failure = self._fail
        await dispatch.start()
        self._rooms.push_async_callback(dispatch.stop, config.limits.stop_s)
        await self._start_outgoing(spool, ledger, metrics, key)
        self._keep_sweeping(spool, ledger, metrics)
        self.hall = Hall(
            config=config,
            spool=spool,
            workers=self._workers,
            ledger=ledger,
            intake=Intake(config, spool, ledger, metrics),
            metrics=metrics,
            keeper=keeper,
            tenants=KeyRing(config.tenants),
            consumers=KeyRing(config.consumers),
            operators=KeyRing(config.operators),
            uploads=Turnstile(config.limits.max_uploads),
            sanitizing=Turnstile(config.limits.max_sanitize),
            streams=Turnstile(config.limits.max_streams),
        )
        await self._open_doors(self.hall)
        _log.info("ready", tier=self._workers.tier, slots=config.workers.slots, key=key.id)

    async def _keep_checkpoints(self, recorder: Recorder, key: SigningKey) -> Keeper:
        audit = self._config.audit
        keeper = Keeper(recorder, audit.folder, key, EpochKeys(audit.key.parent), audit.places)
        try:
            await keeper.start()
        except (LogError, KeyFileError, OSError) as error:
            raise ConfigError(str(audit.folder), None, "audit.folder", str(error)) from error
        keeper.on_failure = self._fail
        self._rooms.push_async_callback(keeper.stop)
        return keeper

    async def _open_spool(self) -> tuple[SqliteSpool, SweepReport]:
        config = self._config
        spool = SqliteSpool(
            config.spool.folder,
            reserve_bytes=config.spool.reserve_bytes,
            retention=config.retention,
            hearers=[hook.tenant for hook in config.webhooks],
            max_tries=config.delivery.max_tries,
        )
        spool.call_on_failure(self._fail)
        try:
            report = await spool.open()
        except (SpoolError, OSError) as error:
            raise ConfigError(str(config.spool.folder), None, "spool.url", str(error)) from error
        self._rooms.push_async_callback(spool.close)
        return spool, report

    async def _start_workers(self) -> None:
        try:
            await self._workers.start()
        except SandboxError as error:
            raise ConfigError("workers", None, "", f"do not start: {error}") from error
        self._rooms.push_async_callback(self._workers.stop)

    async def _send_canaries(self) -> None:
        """Nothing is released before all of them came out as they should."""
        if self._watch is None:
            return
        try:
            unfinished = await self._watch.pass_through() and await self._watch.pass_through()
        except CanaryError as error:
            raise ConfigError("canary", None, "", f"came out wrong: {error}") from error
        if unfinished:
            raise ConfigError("canary", None, "", f"did not come back: {'; '.join(unfinished)}")
        self._in_the_background(self._watch.keep_watch(self._fail))

    def _in_the_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._rooms.push_async_callback(end)

    async def _start_outgoing(self, spool: SqliteSpool, ledger: Ledger, metrics: Metrics, key: SigningKey) -> None:
        """What goes out by itself: copies that are pushed, webhooks; and what is withheld goes into quarantine."""
        config = self._config
        pushes = Pushes(config, spool, ledger, metrics, key)
        hooks = Hooks({hook.tenant: hook for hook in config.webhooks}, spool, metrics)
        withheld = Withheld([operator.keeper() for operator in config.operators], spool, ledger)
        pushes.on_failure = withheld.on_failure = self._fail
        try:
            await pushes.start()
        except (StoreError, KeyFileError) as error:
            raise ConfigError("consumers", None, "push", str(error)) from error
        self._rooms.push_async_callback(pushes.stop)
        if config.webhooks:
            await hooks.start()
            self._rooms.push_async_callback(hooks.stop)
        if config.operators:
            await withheld.start()
            self._rooms.push_async_callback(withheld.stop)

    def _keep_sweeping(self, spool: SqliteSpool, ledger: Ledger, metrics: Metrics) -> None:
        clock = Clock(self._config.spool.folder / "clock.json")

        async def for_ever() -> None:
            while True:
                try:
                    await give_up_exhausted(self._config, spool, ledger, metrics)
                    now_ns = await asyncio.to_thread(clock.believed_ns)
                    if now_ns is None:
                        _log.error("the clock leapt ahead: nothing is removed for its age", file="clock.json")
                    while now_ns is not None and (expired := (await spool.sweep(now_ns)).expired):
                        await asyncio.gather(*(ledger.removed(id, "retention") for id in expired))
                    if now_ns is not None:
                        await ledger.prune(max(0, now_ns - int(self._config.retention.audit_days * _DAY_NS)))
                except (SpoolError, LogError) as error:
                    _log.error("sweeping failed", error=place_of(error))
                except OSError as error:
                    _log.error("sweeping failed", error=place_of(error))
                    if isinstance(why := trouble(error), SpoolBrokenError):
                        self._fail(str(why))
                await asyncio.sleep(_SWEEP_EVERY_S)

        self._in_the_background(for_ever())

    async def _open_doors(self, hall: Hall) -> None:
        listen = self._config.listen
        runner = web.ServerRunner(new_server(hall, ROUTES), shutdown_timeout=self._config.limits.stop_s)
        await runner.setup()
        self._rooms.push_async_callback(runner.cleanup)
        tls = _tls(listen)
        backlog = min(_BACKLOG, most_connections() // 2)  # so many are accepted before the first can be refused
        try:
            if listen.socket is not None:
                await web.UnixSite(runner, str(listen.socket), ssl_context=tls).start()
            else:
                await web.TCPSite(runner, listen.host, listen.port, ssl_context=tls, backlog=backlog).start()
        except OSError as error:
            place = f"{listen.host}:{listen.port}" if listen.socket is None else str(listen.socket)
            raise ConfigError(place, None, "listen", f"cannot be listened on ({error.strerror})") from error
        self._runner = runner

    def _fail(self, why: str) -> None:
        """From any thread, any number of times."""

        def tell() -> None:
            if self._failed is not None and not self._failed.done():
                self._failed.set_result(why)

        assert self._failed is not None
        self._failed.get_loop().call_soon_threadsafe(tell)


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigError when it cannot start, GatewayError when it cannot go on."""
    configure()
    app, told_to_stop = App(config), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    await app.start()
    failure = asyncio.create_task(app.wait())
    stopping = asyncio.create_task(told_to_stop.wait())
    try:
        await asyncio.wait({failure, stopping}, return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping", failed=failure.done())
    finally:
        stopping.cancel()
        await app.stop()
    if failure.done():
        await failure
    failure.cancel()


def _key(kind: type[_Key], path: Path) -> _Key:
    """The key in this file; at the first start a new one, its public half beside it."""
    try:
        if path.exists():
            return kind.load(path)
        key = kind.create(path)
    except KeyFileError as error:
        raise ConfigError(str(path), None, "audit", error.expected) from error
    except OSError as error:
        raise ConfigError(str(path), None, "audit", f"cannot be written ({error.strerror})") from error
    if isinstance(key, SigningKey):
        path.with_suffix(".pub").write_bytes(key.public_pem())
        _log.warning("a new signing key; receivers must be told", key=key.id)
    return key


def _new_workers(config: Config) -> Workers:
    workers = config.workers
    return Workers(workers.slots) if workers.sockets is None else Workers(workers.slots, command=workers.sockets)


def _audit_log(folder: Path) -> AuditLog:
    try:
        return AuditLog.open(folder)
    except (LogError, OSError) as error:
        raise ConfigError(str(folder), None, "audit.folder", str(error)) from error


def _tls(listen: Listen) -> ssl.SSLContext | None:
    if listen.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(listen.certificate, listen.certificate_key)
        if listen.client_ca is not None:
            context.load_verify_locations(listen.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(str(listen.certificate), None, "listen", f"cannot be used ({error})") from error
    return context


async def _say_stopped(ledger: Ledger) -> None:
    with contextlib.suppress(LogError):  # a log that failed before has no last line
        await ledger.stopped()


def _allow_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _FILES)), hard))
