"""Serving: what a Gradio application is given so that it stands behind the gate.

Knows: how the gate gets in front of Gradio, and the address of a download. Does not know: what the gate refuses.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from refine.web.calls import Calls
from refine.web.gate import Gate

GONE = "This file is here no longer: it stays for some minutes, or until somebody withdraws. Prepare it again, please."


def app_options(
    demo: gr.Blocks, *, files: tuple[Path, ...], download: Callable[[str, str], Path | None], behind_hub: bool
) -> dict[str, Any]:
    """Keyword arguments for `Blocks.launch(app_kwargs=...)`.

    `files` may be read by everybody; `download` finds a file by the two parts of its address. `behind_hub`: all requests
    come through the Hub's proxies.
    """

    def answer(request: Request) -> Response:
        file = download(request.path_params["key"], request.path_params["name"])
        if file is None or not file.exists():
            return PlainTextResponse(GONE, status_code=404)
        return FileResponse(file, filename=file.name, headers={"Cache-Control": "no-store"})

    def underway() -> int:
        queue = demo._queue  # Gradio tells others how many wait, but not how many are being answered
        return len(queue) + queue.get_active_worker_count()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Only here is the stack of middleware complete: the gate must stand before Gradio's own.
        assert app.middleware_stack is not None
        app.middleware_stack = Gate(
            app.middleware_stack, Calls(demo), tuple(map(str, files)), behind_hub=behind_hub, underway=underway
        )
        yield

    return {"lifespan": lifespan, "openapi_url": None, "routes": [Route("/downloads/{key}/{name}", answer)]}
