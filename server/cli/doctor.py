"""`cuebook doctor`: what works here, what does not, and what to do about it."""

import platform
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from ingest.errors import IngestError
from server import __version__
from server.cli.exits import Exit
from server.cli.session import AsJson, Home, print_json, settings_of
from server.settings import Settings
from tools.errors import ActionError

_LITTLE_DISK = 1_000_000_000  # bytes; a generation of some thousand pages with its predecessor


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is well, and what to do when it is not."""

    check: str
    ok: bool
    detail: str
    advice: str = ""


def doctor(as_json: AsJson = False, home: Home = None) -> None:
    """Check this installation; exit code 1 when something needs attention."""
    findings = list(_findings(settings_of(home)))
    if as_json:
        print_json([asdict(finding) | ({"advice": ""} if finding.ok else {}) for finding in findings])
    else:
        for finding in findings:
            print(f"{'ok  ' if finding.ok else 'FAIL'} {finding.check:<10} {finding.detail}")
            if not finding.ok:
                print(f"     {'':<10} -> {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(Exit.FAILED)


def _findings(settings: Settings) -> Iterator[Finding]:
    versions = f"cuebook {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    yield Finding("versions", sys.version_info >= (3, 11), versions, "install Python 3.11 or newer")
    yield _home(settings.home)
    yield _sources(settings)
    yield _embedder(settings)
    yield _index(settings)
    yield _state(settings)
    yield _approvers(settings)
    yield _policy(settings)
    yield _registry(settings)
    yield _model(settings)
    yield _port(settings)


def _home(home: Path) -> Finding:
    nearest = next(folder for folder in (home.resolve(), *home.resolve().parents) if folder.exists())
    free = shutil.disk_usage(nearest).free
    detail = f"{home.resolve()}, {free / 1e9:.1f} GB free"
    return Finding("home", free > _LITTLE_DISK, detail, "free some disk space, or set CUEBOOK_HOME elsewhere")


def _sources(settings: Settings) -> Finding:
    from server.indexing import chosen_sources
    from server.sources import is_address

    try:
        sources = chosen_sources(settings)
    except IngestError as error:
        return Finding("sources", False, "none", str(error))
    missing = ", ".join(str(source) for source in sources if not (is_address(source) or source.exists()))
    advice = f"missing: {missing}; name others with `cuebook ingest PATH` or CUEBOOK_SOURCES"
    return Finding("sources", not missing, ", ".join(map(str, sources)), advice)


def _embedder(settings: Settings) -> Finding:
    from server.composition import make_embedder

    try:
        embedder = make_embedder(settings)
        vector = embedder.embed(["a question"])[0]
    except IngestError as error:
        return Finding("embedder", False, str(error), "see the message; search goes on with keywords alone")
    return Finding("embedder", True, f"{embedder.name}, {len(vector)} dimensions")


def _index(settings: Settings) -> Finding:
    from server.composition import compose

    cuebook = compose(settings)
    try:
        status = cuebook.library.status()
    except IngestError as error:
        return Finding("index", False, str(error), "run `cuebook ingest`")
    finally:
        cuebook.close()
    counts = ", ".join(f"{count} {name}" for name, count in status["counts"].items())
    return Finding("index", True, f"generation {status['generation']}: {counts}")


def _state(settings: Settings) -> Finding:
    from tools.audit import Audit

    path = settings.home / "audit.db"
    if not path.exists():
        return Finding("audit", True, "nothing recorded yet")
    try:
        audit = Audit.open(path)
        verdict = audit.verify()
        audit.close()
    except ActionError as error:
        return Finding("audit", False, str(error), "keep the file, and compare it with a backup")
    if verdict.broken is not None:
        problem = f"row {verdict.broken.number}: {verdict.broken.reason}"
        return Finding("audit", False, problem, "keep the file, and compare it with a backup")
    return Finding("audit", True, f"{verdict.number} rows, unbroken; head {verdict.number}:{verdict.head}")


def _registry(settings: Settings) -> Finding:
    from recsys_core.errors import RegistryNewer
    from recsys_core.registry.health import examine, unlisted

    if lost := unlisted(settings.home):
        told = f"MLflow holds {lost} versions that the catalogue of models lacks"
        return Finding("registry", False, told, "bring them back with `cuebook models rebuild`")
    try:
        health = examine(settings.home)
    except RegistryNewer as error:
        return Finding("registry", False, str(error), "everything but the models goes on working meanwhile")
    if health is None:
        return Finding("registry", True, "no models yet")
    if health.fault:
        advice = "restore a backup, or train and register what is gone again"
        return Finding("registry", False, health.fault, advice)
    cut_off = f", {health.intents} writes cut off, to be completed by the next" if health.intents else ""
    where = "" if settings.models.tracking_uri is None else ", runs at the tracking server"
    counts = f"{health.versions} versions, {health.evaluations} evaluations, every file whole"
    return Finding("registry", True, f"{counts}{cut_off}{where}")


def _approvers(settings: Settings) -> Finding:
    from server.approving.approvers import Approvers

    try:
        approvers = Approvers(settings.home)
        known = ", ".join(approvers.all())
        with_code = ", with the set-up code of the first start" if approvers.is_waiting else ""
    except ActionError as error:
        return Finding(
            "approvers", False, str(error), "see docs/approvals.md, and look who could have written it"
        )
    return Finding(
        "approvers", True, known or f"none yet; add yourself with `cuebook approvers add NAME`{with_code}"
    )


def _model(settings: Settings) -> Finding:
    if not settings.model.url:
        return Finding("model", True, "none; answers are composed from passages")
    import httpx

    key = settings.model.api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        reply = httpx.get(f"{settings.model.url.rstrip('/')}/models", headers=headers, timeout=5)
        reply.raise_for_status()
    except httpx.HTTPError as error:
        problem = type(error).__name__
        return Finding(
            "model", False, f"{settings.model.url}: {problem}", "start it, or unset CUEBOOK_MODEL__URL"
        )
    return Finding("model", True, f"{settings.model.name} at {settings.model.url}")


def _policy(settings: Settings) -> Finding:
    from server.composition import compose

    try:
        source = compose(settings).policies[0]
    except ActionError as error:
        return Finding(
            "policy", False, str(error), "correct it; `cuebook policy check` says when it is right"
        )
    return Finding("policy", True, f"{source.name}, {len(source.file.rules)} rules")


def _port(settings: Settings) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    detail = f"{settings.host}:{settings.port} {'answers: a server runs' if taken else 'is free'}"
    return Finding("port", True, detail)
