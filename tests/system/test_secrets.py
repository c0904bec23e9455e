"""No secret comes out anywhere: a reporter with canaries for secrets, in trouble, and everything that it says or writes."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from reporter.cli import app
from reporter.keys import create_keystore, load_secret, write_private
from tests.system.canaries import Canaries, leaks
from tests.system.devnets import ROOT, SPOTLINE, Devnet, devnet
from tests.system.web3signer import web3signer

pytestmark = pytest.mark.system
FAST = 2**10
WAYS = ("forward", "status", "garbage", "repeat")
EXEMPT = {"devnet", "record", "replay", "backtest", "analyse", "convergence"}
"""Verbs that read no key, no RPC and no API of a reporter."""


class Front(BaseHTTPRequestHandler):
    """An RPC provider that wants a key in the path: it forwards, or repeats the key in each way that providers do."""

    protocol_version = "HTTP/1.1"
    upstream = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if "/forward" in self.path:
            request = urllib.request.Request(self.upstream, body, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return self._say(200, answer.read())
        if "/status" in self.path:
            return self._say(429, f"too many requests of {self.path}".encode(), f"No {self.path}")
        if "/garbage" in self.path:
            return self._say(200, f"<html>{self.path}</html>".encode())
        error = {"code": -32000, "message": f"invalid API key: {self.path.split('/')[1]}"}
        asked = json.loads(body)
        return self._say(200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode())

    def _say(self, status: int, body: bytes, reason: str | None = None) -> None:
        self.send_response(status, reason)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def front(upstream: str) -> Iterator[str]:
    handler = type("Bound", (Front,), {"upstream": upstream})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Scene:
    """A reporter of a devnet, its secrets replaced by canaries, and all that it has said so far."""

    def __init__(self, net: Devnet, folder: Path, rpc: list[str]) -> None:
        self.net, self.folder, self.outputs, self.number = net, folder, dict[str, bytes](), count()
        self.canaries, self.config = Canaries(), folder / "spotline.toml"
        old = Path(net.ready["reporters"][0]["config"])
        password = self.canaries.text("the password")
        write_private(folder / "password", password)
        for name in ("signing", "gas"):
            key = load_secret(old.parent / f"{name}.json", old.parent / "password")
            self.canaries.keys[f"the {name} key"] = key
            create_keystore(folder / f"{name}.json", password, scrypt_n=FAST, secret=key)
        (folder / "deployment.json").write_bytes((old.parent.parent / "deployment.json").read_bytes())
        text = old.read_text().replace("../deployment.json", "deployment.json")
        for name, market in (("kraken", "path"), ("bitstamp", "query")):
            found = self.canaries.text(f"{name}'s {market}")
            text = re.sub(
                rf"(\[venues\.{name}\]\n)base_url = .*\n",
                rf'\1base_url = "http://127.0.0.1:1/{found}"\n',
                text,
            )
        self.text = text.replace(f'"{net.rpc_url}"', self._rpc_urls(rpc))
        assert self.text.count("cAnAry") >= 6
        self.config.write_text(self.text)
        self.api = net.ready["reporters"][0]["url"]
        self.peers_url = "http://" + re.search(r'observe_listen = "(.*)"', text)[1]

    def _rpc_urls(self, rpc: list[str]) -> str:
        secret = self.canaries.text
        urls = [
            f"{url}/{secret(f'the path of RPC {way}')}/{way}?key={secret(f'the query of RPC {way}')}"
            for url, way in zip(rpc, WAYS, strict=True)
        ]
        urls.append(f"http://127.0.0.1:1/{secret('the path of a dead RPC')}")
        return ", ".join(f'"{url}"' for url in urls)

    @contextmanager
    def running(self, name: str, *argv: str) -> Iterator[None]:
        """The reporter as a process; what it prints is kept. ``argv``: in the place of ``spotline``."""
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            command = [*(argv or (SPOTLINE,)), "run", "-c", str(self.config)]
            process = subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=ROOT)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            self.outputs |= {f"stdout of {name}": out.read_bytes(), f"stderr of {name}": err.read_bytes()}

    def run(self, *argv: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        """One command; what it prints is kept."""
        command = argv if argv[0].startswith("/") else (SPOTLINE, *argv)
        ran = subprocess.run(
            command,
            capture_output=True,
            timeout=240,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            check=False,
        )
        name = f"{' '.join(argv)[:60]} {next(self.number)}"
        self.outputs |= {f"stdout of {name}": ran.stdout, f"stderr of {name}": ran.stderr}
        return ran

    def get(self, url: str, data: bytes | None = None, name: str = "", **headers: str) -> bytes:
        """One request; what it answers, headers too, is kept."""
        try:
            request = urllib.request.Request(url, data, headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                head, body = str(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            head, body = str(error.headers), error.read()
        self.outputs[f"{url} {name or len(self.outputs)}"] = head.encode() + body
        return bytes(body)

    def wait(self, path: str, condition: Any, timeout_s: float = 60) -> Any:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                found = json.loads(self.get(self.api + path, name="while waiting"))
                if condition(found):
                    return found
            except OSError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"{path}: {self.outputs.get('stderr of run', b'')[-2000:]!r}")

    def look_everywhere(self) -> None:
        """Every path of both servers, good and bad."""
        feeds = json.loads(self.get(f"{self.api}/api/feeds"))
        rounds = json.loads(self.get(f"{self.api}/api/rounds?feed=BTC/USD&limit=5"))
        for path in (
            "/",
            "/healthz",
            "/readyz",
            "/metrics",
            "/api/status",
            "/api/nothing",
            "/api/rounds?feed=x",
        ):
            self.get(self.api + path)
        for second in (*(r["observedAt"] for r in rounds), 1, "x"):
            record = self.get(f"{self.api}/api/rounds/{second}")
            (self.folder / "record.json").write_bytes(record)
            self.get(f"{self.api}/api/record?feed=BTC/USD&observedAt={second}")
        for feed in feeds:
            self.get(f"{self.api}/api/feeds/{feed['feed']}")
        self.get(f"{self.peers_url}/reports")
        for body in (b"", b"{}", b"[" * 10_000, json.dumps({"signature": "0x" + "11" * 64}).encode()):
            self.get(f"{self.peers_url}/observe", body, **{"content-type": "application/json"})

    def every_verb(self) -> set[str]:
        """All that ask this reporter or read its configuration, for people and as JSON."""
        config = ("-c", str(self.config))
        verbs = {
            "price": ("price", "BTC/USD", "--trace", *config),
            "status": ("status", "--node", self.api),
            "feed": ("feed", "BTC/USD", *config),
            "history": ("history", "BTC/USD", "--node", self.api),
            "verify": ("verify", str(self.folder / "record.json"), *config),
            "doctor": ("doctor", *config),
            "readmit": ("readmit", "kraken", *config),
            "tx": ("tx", "pending", *config),
            "funding": ("funding", "now", "--venues", *config),
        }
        both = [(*arguments, *more) for arguments in verbs.values() for more in ((), ("--json",))]
        with ThreadPoolExecutor(8) as pool:  # the last is a second instance
            list(pool.map(lambda arguments: self.run(*arguments), [*both, ("run", *config)]))
        return {*verbs, "run"}

    def files(self) -> None:
        """What it has written; round records are looked at unpacked, over HTTP."""
        for path in (self.folder / "data").rglob("*"):
            if path.is_file():
                self.outputs[f"file {path.name}"] = path.read_bytes()
        assert any(name == "file spotline.sqlite" for name in self.outputs)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("secrets")
    with devnet("--reporters", "2") as net, ExitStack() as stack:
        net.kill(0)
        yield Scene(net, folder, [stack.enter_context(front(net.rpc_url)) for _ in WAYS])


def test_canaries__in_any_dress__found() -> None:
    """The search itself can fail."""
    canaries = Canaries({"a key": bytes(range(32))})
    password = canaries.text("a password")
    long = zlib.crc32(b"") or bytes(range(32))
    import base64

    dressed = {
        "hex": bytes(range(32)).hex().upper().encode(),
        "number": str(int.from_bytes(bytes(range(32)), "big")).encode(),
        "base64": base64.b64encode(b"user:" + password.encode() + b"."),
        "shifted": base64.b64encode(b"x" + long),
        "raw": b"\0" + bytes(range(32)),
        "url": b"https://h/" + password.encode(),
    }

    assert {leak.rpartition(" in ")[2] for leak in leaks(dressed, canaries)} == set(dressed)
    assert leaks({"nothing": b"0x" + b"11" * 32}, canaries) == []


def test_secrets__a_reporter_in_trouble__none_comes_out(scene: Scene) -> None:
    with scene.running("run"):
        scene.wait("/api/status", lambda s: s["lastAttempt"] and s["lastAttempt"]["txHash"])
        scene.look_everywhere()
        seen = scene.every_verb()
        scene.net.kill(1)  # from now on no quorum
        scene.wait("/readyz", lambda r: any("no quorum" in reason for reason in r["reasons"]))
        scene.look_everywhere()
    scene.files()
    status = b"".join(content for name, content in scene.outputs.items() if "/api/status" in name)

    assert seen | EXEMPT == set(get_command(app).commands)
    assert b"429" in status  # the trouble was there
    assert b"invalid API key: <redacted>" in status
    assert len(scene.outputs) > 40
    assert leaks(scene.outputs, scene.canaries) == []


def test_secrets__remote_signer_that_repeats_what_it_is_asked__none_comes_out(scene: Scene) -> None:
    secret = scene.canaries.keys["the signing key"]
    path = scene.canaries.text("the path of the remote signer")
    with web3signer(secret) as server:  # it knows no such path: 404
        signer = (
            f'{{ url = "{server.url}/{path}", address = "{scene.net.ready["reporters"][0]["address"]}" }}'
        )
        text = scene.text.replace('signing_keystore = "signing.json"', f"remote_signer = {signer}")
        assert text != scene.text
        scene.config.write_text(text)
        with scene.running("run, remote"):
            scene.wait("/readyz", lambda r: any("nothing is signed" in reason for reason in r["reasons"]))
            scene.look_everywhere()
            scene.run("doctor", "-c", str(scene.config))
    scene.config.write_text(scene.text)

    assert leaks(scene.outputs, scene.canaries) == []


def test_secrets__configuration_refused__not_repeated(scene: Scene) -> None:
    user = scene.canaries.text("a user in a URL")
    seed = scene.canaries.text("the NATS seed")
    write_private(scene.folder / "nats.creds", f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END\n")
    (scene.folder / "open.creds").write_text(seed)
    (scene.folder / "open.creds").chmod(0o644)
    key = scene.canaries.keys["the signing key"].hex()
    nats = '[nats]\nurls = ["nats://127.0.0.1:1"]\ncredentials_file = '
    changes = {
        "RPC user": ('rpc_urls = ["http://', f'rpc_urls = ["http://u:{user}@'),
        "RPC not a list": ("rpc_urls = [", "rpc_urls = "),
        "unknown key": ("[chain]", f'[chain]\npassword = "{user}"'),
        "a key for an address": ('address = "0x', f'address = "0x{key}'),
        "NATS user": ("[chain]", f'[nats]\nurls = ["nats://{user}@h"]\n[chain]'),
        "NATS credentials": ("[chain]", f'{nats}"nats.creds"\n[chain]'),
        "NATS credentials, open": ("[chain]", f'{nats}"open.creds"\n[chain]'),
        "signer user": (
            'signing_keystore = "signing.json"',
            f'remote_signer = {{ url = "https://u:{user}@h", address = "{scene.net.ready["reporters"][0]["address"]}" }}',
        ),
        "wrong password": ('password_file = "password"', 'password_file = "nats.creds"'),
        "password for a keystore": ('"signing.json"', '"password"'),
    }
    commands = []
    for number, (before, after) in enumerate(changes.values()):
        assert before in scene.text
        path = scene.folder / f"changed-{number}.toml"
        path.write_text(scene.text.replace(before, after, 1))
        commands += [(verb, "-c", str(path)) for verb in ("run", "doctor")]
    with ThreadPoolExecutor(8) as pool:
        codes = pool.map(lambda command: scene.run(*command).returncode, commands)
        assert set(codes) <= {3, 4}

    assert leaks(scene.outputs, scene.canaries) == []


CRASH = """
import asyncio, gc, logging, sys, threading, warnings
import reporter.node as node
from reporter.cli import main

class Unraisable:
    def __init__(self, text): self.text = text
    def __del__(self): raise RuntimeError(self.text)

async def crash(self):
    key = self.signing._signer._key.secret
    said = f"{key.hex()} 0x{key.hex().upper()} {self.config.chain.rpc_urls}"
    logging.getLogger("httpx").error("request to %s failed: %s", self.config.chain.rpc_urls[0], key.hex())
    logging.getLogger("httpx").error("%d", said)
    try:
        raise OSError(said)
    except OSError:
        logging.getLogger("web3").exception("at %s", said)
    warnings.warn(said)
    Unraisable(said)
    def die(): raise RuntimeError(said)
    thread = threading.Thread(target=die, name=said)
    thread.start()
    thread.join()
    async def lost(): raise RuntimeError(said)
    task = asyncio.create_task(lost())
    await asyncio.sleep(0.1)
    del task
    gc.collect()
    raise RuntimeError(said) from ValueError(self.config.chain.rpc_urls[1])

node.Node._tick = crash
main()
"""


def test_secrets__every_way_to_crash__tracebacks_without_them(scene: Scene) -> None:
    result = scene.run(sys.executable, "-c", CRASH, "run", "-c", str(scene.config))
    shown = result.stderr.decode()

    assert result.returncode == 1
    for way in ("httpx", "web3", "UserWarning", "__del__", "in die", "in lost", "in crash", "ValueError"):
        assert way in shown, way
    assert "<redacted>" in shown
    assert leaks(scene.outputs, scene.canaries) == []


UNREDACTED = """
import reporter.redact
reporter.redact.redact.__code__ = (lambda text: text).__code__
"""
DOCTOR = """
from reporter.cli import main
main()
"""


def test_secrets__redaction_broken__this_test_goes_red(scene: Scene) -> None:
    before = dict(scene.outputs)
    scene.run(sys.executable, "-c", UNREDACTED + DOCTOR, "doctor", "-c", str(scene.config))
    scene.run(sys.executable, "-c", UNREDACTED + CRASH, "run", "-c", str(scene.config))
    found = leaks({k: v for k, v in scene.outputs.items() if k not in before}, scene.canaries)
    scene.outputs = before

    assert any("RPC" in leak for leak in found)
