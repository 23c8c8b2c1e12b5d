"""A home with the index of a large catalog, where every call takes a token, is decided on by rules, counted and recorded."""

from pathlib import Path

from benchmarks.children import cuebook
from benchmarks.large_catalog import write_catalog

TOKEN = "benchmark-token-of-a-server-that-lives-for-one-run"  # noqa: S105 - as it says
_SCOPES = '"catalog:read", "docs:read", "jobs:launch", "jobs:read", "plans:read", "scaffold:write"'
_SETTINGS = f'[[api_tokens]]\nname = "client"\ntoken = "{TOKEN}"\nscopes = [{_SCOPES}]\n'
_POLICY = """\
version: 1
rules:
  - name: the audit is read by two teams
    who: [group:team-0000, group:team-0001]
    effects: reads
    actions: query_audit
    verdict: allow
  - name: services read
    who: [group:team-0002, services]
    effects: reads
    verdict: allow
  - {name: effects wait, verdict: ask}
limits:
  - {name: pace, who: services, calls_a_minute: 100000}
"""


def large_home(folder: Path, *, entities: int) -> Path:
    """Make it below `folder`; takes minutes at 10,000 entities, nearly all of it the index."""
    home = folder / "home"
    write_catalog(folder / "org", entities=entities)
    home.mkdir()
    cuebook(home, "ingest", str(folder / "org"))
    (home / "policy.yaml").write_text(_POLICY)
    (home / "settings.toml").write_text(_SETTINGS)
    return home
