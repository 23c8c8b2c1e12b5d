"""A small Ray head in memory: as much of its Jobs REST API as is used, with its answers' shapes and its refusals."""

import json
import threading
from typing import Any

import httpx

ADDRESS = "http://127.0.0.1:8265"


class FakeRay:
    """`advance` and `say` are what a job's process would do; `restart` forgets every job, as a new head node does."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, str] = {}
        self.packages: dict[str, bytes] = {}
        self.requests: list[httpx.Request] = []
        self.down: Exception | None = None
        self.lost_answers = 0
        self._lock = threading.Lock()

    @property
    def transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self._answer)

    def say(self, id: str, text: str) -> None:
        self.logs[id] += text

    def advance(self, id: str, status: str, *, code: int | None = None, message: str = "") -> None:
        ended = status in {"SUCCEEDED", "FAILED", "STOPPED"}
        self.jobs[id] |= {
            "status": status,
            "driver_exit_code": code,
            "message": message,
            "end_time": 1_800_000_002_000 if ended else None,
        }

    def restart(self) -> None:
        self.jobs.clear()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.down is not None:
            raise self.down
        with self._lock:
            self.requests.append(request)
            response = self._routed(request.method, request.url.path, request.content)
        if request.method == "POST" and self.lost_answers:
            self.lost_answers -= 1
            raise httpx.ReadTimeout("no answer")
        return response

    def _routed(self, method: str, path: str, content: bytes) -> httpx.Response:
        parts = path.strip("/").split("/")
        if parts[1] == "packages":
            return self._package(method, parts[-1], content)
        if parts[1:] == ["jobs"] and method == "POST":
            return self._submit(json.loads(content))
        id, rest = parts[2], parts[3:]
        if id not in self.jobs:
            return httpx.Response(404, text=f"Job {id} does not exist")
        if rest == ["logs"]:
            return httpx.Response(200, json={"logs": self.logs[id]})
        if rest == ["stop"]:
            if self.jobs[id]["status"] == "RUNNING":
                self.advance(id, "STOPPED")
            return httpx.Response(200, json={"stopped": True})
        return httpx.Response(200, json=self.jobs[id])

    def _package(self, method: str, name: str, content: bytes) -> httpx.Response:
        if method == "PUT":
            self.packages[name] = content
        known = name in self.packages
        return httpx.Response(200 if known else 404, text="" if known else f"Package {name} does not exist")

    def _submit(self, asked: dict[str, Any]) -> httpx.Response:
        id = asked["submission_id"]
        if id in self.jobs:
            text = f"Traceback:\nRuntimeError: b'ValueError: Job with submission_id {id} already exists.'"
            return httpx.Response(500, text=text)
        started = {"status": "RUNNING", "start_time": 1_800_000_000_000, "end_time": None}
        self.jobs[id] = {**asked, **started, "message": "", "driver_exit_code": None}
        self.logs[id] = f"Running entrypoint for job {id}: {asked['entrypoint']}\n"
        return httpx.Response(200, json={"job_id": id, "submission_id": id})
