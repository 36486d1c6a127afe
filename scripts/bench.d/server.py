"""The other side: a registry on loopback, its certificate, and the links that lead to it."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from measure import MIB, Failed, run_plain

# The networks. `tls`: the registry's own TLS, HTTP/2 on offer. `delay`: milliseconds each way. `rate`: bytes per second
# of each connection. `total`: of all together. Where it is counted what a killed program had got, it has to be slower
# than the programs: otherwise tens of MiB that they have not read yet, in the kernel's buffers, are lost with them.
LINKS = {
    "loopback": {},
    "tls": {"tls": True},
    "rtt20": {"delay": 10},
    "slow": {"rate": 8 * MIB},
    "slow-tls": {"rate": 8 * MIB, "tls": True},
    "counted": {"total": 256 * MIB},
}
TITLES = {
    "loopback": "loopback HTTP",
    "tls": "loopback TLS",
    "rtt20": "20 ms per round trip",
    "slow": "8 MiB/s per connection",
    "slow-tls": "8 MiB/s per connection, TLS",
    "counted": "256 MiB/s in all",
}


class Authority:
    """A certificate authority of our own and a certificate for `localhost`."""

    def __init__(self, folder):
        folder.mkdir()
        self.key, self.certificate = folder / "server.key", folder / "server.crt"
        # A folder as skopeo wants one: whatever ends in .crt there is trusted.
        self.trusted = folder / "trusted"
        self.trusted.mkdir()
        self.root = self.trusted / "ca.crt"
        root_key, request, names = folder / "ca.key", folder / "server.csr", folder / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        run_plain(
            "openssl",
            "req",
            "-x509",
            *curve,
            "-days",
            "2",
            "-subj",
            "/CN=bench",
            "-keyout",
            root_key,
            "-out",
            self.root,
        )
        run_plain("openssl", "req", *curve, "-subj", "/CN=localhost", "-keyout", self.key, "-out", request)
        signing = ("-CA", self.root, "-CAkey", root_key, "-set_serial", "1", "-days", "2", "-extfile", names)
        run_plain("openssl", "x509", "-req", "-in", request, *signing, "-out", self.certificate)


@contextlib.contextmanager
def registry(folder, authority=None):
    """A registry over `folder`/data; the folder is removed afterwards. Yields the port."""
    folder.mkdir(parents=True, exist_ok=True)
    config, log = folder / "config.yml", folder / "log"
    http = {"addr": "127.0.0.1:0"}
    if authority:
        http["tls"] = {"certificate": str(authority.certificate), "key": str(authority.key)}
    settings = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}, "level": "info"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": http,
    }
    # YAML includes JSON.
    config.write_text(json.dumps(settings))
    with log.open("w") as sink:
        server = subprocess.Popen(
            ["docker-registry", "serve", config],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        for _ in range(500):
            match = re.search(r"listening on 127\.0\.0\.1:(\d+)", log.read_text())
            if match or server.poll() is not None:
                break
            time.sleep(0.02)
        if not match:
            raise Failed(f"docker-registry did not start:\n{log.read_text()}")
        yield int(match[1])
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


class Link:
    """A running link.py."""

    def __init__(self, port, settings):
        program = Path(__file__).with_name("link.py")
        arguments = ["--to", str(port)]
        for name in settings.keys() & {"delay", "rate", "total"}:
            arguments += [f"--{name}", str(settings[name])]
        self.process = subprocess.Popen(
            [sys.executable, "-I", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.port = int(self.process.stdout.readline())

    def counters(self):
        """What went through so far: bytes `up` and `down`, `connections`, how many are `open`, the proxy's `cpu_s`."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()


class Site:
    """A registry as the programs see it: its address, how it is trusted, and what the link to it has counted."""

    def __init__(self, port, authority, link):
        self.host = f"localhost:{link.port if link else port}"
        self.authority, self.link = authority, link

    @property
    def url(self):
        return f"{'https' if self.authority else 'http'}://{self.host}/v2"

    def reference(self, repository):
        return f"{self.host}/{repository}:latest"

    def for_rcr(self):
        return ["--cacert", self.authority.root] if self.authority else []

    def for_skopeo(self, side):
        return [f"--{side}-cert-dir={self.authority.trusted}"] if self.authority else [f"--{side}-tls-verify=false"]

    def for_curl(self):
        return ["--cacert", str(self.authority.root)] if self.authority else []

    def counted(self, run):
        """Runs something and adds what went through the link meanwhile."""
        if not self.link:
            return run()
        before = self.link.counters()
        result = run()
        after = self.link.counters()
        moved = {key: after[key] - before[key] for key in ("up", "down", "connections")}
        return result | moved | {"link_cpu_s": after["cpu_s"] - before["cpu_s"]}


@contextlib.contextmanager
def site(folder, link_name, authority):
    """A registry behind a link. What is in `folder`/data is served; the folder is removed afterwards."""
    settings = LINKS[link_name]
    trusted = authority if settings.get("tls") else None
    with registry(folder, trusted) as port:
        link = None
        if settings.keys() & {"delay", "rate", "total"}:
            link = Link(port, settings)
        try:
            yield Site(port, trusted, link)
        finally:
            if link:
                link.close()
