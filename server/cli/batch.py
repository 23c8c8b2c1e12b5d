"""Questions in, answers out, a JSON object a line: what `search --batch` and `ask --batch` share."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from server.cli.progress import Progress


def run_batch(source: Path, target: Path, answer: Callable[[str], Mapping[str, Any]]) -> int:
    """Answer every line of `source` into `target`; returns how many.

    Each answer gets the question's `id` and `ms`, the wall time of that one question. `target` is written
    whole or not at all. Raises `typer.BadParameter` naming the line that is not
    `{"id": ..., "question": "..."}`.
    """
    questions = list(_read(source))
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out, Progress() as progress:
            for done, (identity, question) in enumerate(questions):
                progress("Answering", done, len(questions))
                started = time.perf_counter()
                result = answer(question)
                ms = round((time.perf_counter() - started) * 1000, 2)
                out.write(json.dumps({"id": identity, "ms": ms, **result}, ensure_ascii=False) + "\n")
        Path(partial).replace(target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return len(questions)


def _read(source: Path) -> Iterator[tuple[Any, str]]:
    for number, line in enumerate(source.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise typer.BadParameter(f"{source}:{number} is not JSON: {error}") from error
        if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("question"), str):
            raise typer.BadParameter(
                f'{source}:{number} is not {{"id": ..., "question": "..."}}: {line[:80]!r}'
            )
        yield row["id"], row["question"]


def batch_pair(batch: Path | None, out: Path | None) -> tuple[Path, Path] | None:
    """Both options or none. Raises `typer.BadParameter` when one is missing."""
    if (batch is None) != (out is None):
        raise typer.BadParameter("--batch IN.jsonl and --out OUT.jsonl go together")
    return None if batch is None or out is None else (batch, out)
