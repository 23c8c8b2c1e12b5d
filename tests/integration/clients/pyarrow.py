"""Writes the lists of a JSONL file as Parquet, plainly, with categories and large lists, and with damaged pages."""

import json
import sys
from pathlib import Path

import pyarrow
from pyarrow import parquet


def main(target: dict[str, str]) -> None:
    folder = Path(target["folder"])
    rows = [json.loads(line) for line in Path(target["lists"]).read_text().splitlines()]
    users, items = [row["user"] for row in rows], [row["items"] for row in rows]
    parquet.write_table(pyarrow.table({"user": users, "items": items}), folder / "plain.parquet")
    large = pyarrow.array(items, pyarrow.large_list(pyarrow.large_string()))
    categories = pyarrow.array(users).dictionary_encode()
    columns = {"user": categories, "items": large, "scores": [None] * len(rows)}
    parquet.write_table(pyarrow.table(columns), folder / "categories.parquet")
    damaged = bytearray((folder / "plain.parquet").read_bytes())
    for place in range(200, len(damaged) - 2_000):
        damaged[place] ^= 0xFF
    (folder / "damaged.parquet").write_bytes(damaged)
    print(json.dumps({}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
