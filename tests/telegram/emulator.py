"""`lo-bot-api-emulator`, recording every call and failing on demand."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from http import HTTPStatus

from aiohttp import web

from tests.telegram.faults import Call, Fault, Kind, decoded
from tests.telegram.methods import NOT_MODIFIED, Methods
from tests.telegram.world import Json

_READ: web.RequestKey[tuple[Json, Json]] = web.RequestKey("read", tuple)
_REFUSALS: dict[Kind, tuple[int, str]] = {
    "parse": (400, 'Bad Request: can\'t parse entities: unsupported start tag "b" at byte offset 0'),
    "not_modified": (400, NOT_MODIFIED),
    "blocked": (403, "Forbidden: bot was blocked by the user"),
}


class Emulator(Methods):
    """The way of a call from the wire to its effect and back."""

    def __init__(self, token: str, *, strict: bool) -> None:
        super().__init__(strict=strict)
        self.token = token
        self.changed = threading.Condition()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []

    async def read_request(self, request: web.Request) -> tuple[Json, Json]:
        if _READ not in request:  # asked for twice, and a body can be read once
            request[_READ] = await super().read_request(request)
        return request[_READ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        fields, _ = await self.read_request(request)
        call = Call(len(self.calls), request.match_info["method"], decoded(fields), time.monotonic())
        self.calls.append(call)
        try:
            response = await self._answer(request, call)
            call.status = response.status if _connected(request) else 0
            return response
        except BaseException as error:
            call.status = 0
            if isinstance(error, Exception):  # ours, not a connection that was closed
                self.problems.append(f"the server of the tests failed at {call.method}: {error!r}")
            raise
        finally:
            call.done_at = time.monotonic()
            self.notify()

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _refuse(call, 401, "Unauthorized")
        waits = max((fault.must_wait(call) for fault in self.faults), default=0.0)
        if waits:
            return _retry_after(call, math.ceil(waits))
        fault = next((fault for fault in self.faults if fault.strikes(call)), None)
        if fault is None:
            return await self._perform(request, call)
        call.fault = fault.kind
        refusal = _refusal(call, fault)
        if refusal is not None:
            return refusal
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return await self._perform(request, call)
        if fault.kind == "drop_after":
            await self._perform(request, call)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _perform(self, request: web.Request, call: Call) -> web.StreamResponse:
        response = await super().handle(request)
        for _ in range(3):
            # It notices only after 0.1 s that whoever polled before has hung up.
            if (call.method, response.status) != ("getUpdates", 409):
                break
            await asyncio.sleep(0.1)
            response = await super().handle(request)
        body = json.loads(response.body)
        call.result, call.description = body.get("result"), body.get("description")
        return response

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _refusal(call: Call, fault: Fault) -> web.Response | None:
    """The answer that a fault consists of, if it is one."""
    if fault.kind == "retry_after":
        now = time.monotonic()
        fault.waits[call.chat] = (now, now + fault.retry_after)
        return _retry_after(call, fault.retry_after)
    if fault.kind == "status":
        return _refuse(call, fault.status, HTTPStatus(fault.status).phrase)
    return _refuse(call, *_REFUSALS[fault.kind]) if fault.kind in _REFUSALS else None


def _refuse(call: Call, status: int, description: str, **parameters: float) -> web.Response:
    call.description = description
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=status)


def _retry_after(call: Call, seconds: float) -> web.Response:
    return _refuse(call, 429, f"Too Many Requests: retry after {seconds:g}", retry_after=seconds)
