"""The shape of a page's calls: what a body must look like to reach Gradio's queue.

Knows: the calls of a page and the kinds of values they take. Does not know: what a call does.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import gradio as gr

SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
LARGEST = 2**53
"""Up to here a number is the same in every browser. Infinity is not below it, and neither is what is no number."""


class MalformedError(Exception):
    """A body that no page sends. The message says what is wrong with it, without its content."""


class Calls:
    """The calls of a page that its server answers."""

    def __init__(self, demo: gr.Blocks) -> None:
        self._inputs: Mapping[int, tuple[Any, ...]] = {
            number: tuple(call.inputs) for number, call in demo.fns.items() if call.fn is not None
        }

    def checked(self, body: bytes) -> bytes:
        """The body of a call as it may go on: what a page sends, and nothing else. Raises `MalformedError`."""
        try:
            given = json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise MalformedError("it is no JSON") from None
        if not isinstance(given, dict):
            raise MalformedError("it is no JSON object")
        number, data, session = given.get("fn_index"), given.get("data"), given.get("session_hash")
        if not isinstance(number, int) or number not in self._inputs:
            raise MalformedError("there is no such call")
        if not isinstance(session, str) or not SESSION.fullmatch(session):
            raise MalformedError("its session_hash is none")
        inputs = self._inputs[number]
        if not isinstance(data, list) or len(data) != len(inputs):
            raise MalformedError(f"call {number} takes {len(inputs)} values")
        for component, value in zip(inputs, data, strict=True):
            if not _fits(component, value):
                raise MalformedError(f"call {number} does not take such a value for its {type(component).__name__}")
        event, trigger = given.get("event_data"), given.get("trigger_id")
        if _has_file(event):
            raise MalformedError(f"call {number} has a file in its event")
        sent = {
            "data": data,
            "event_data": event,
            "fn_index": number,
            "session_hash": session,
            "trigger_id": trigger if isinstance(trigger, int) else None,
        }
        # Half a character is no text, and cannot be answered with.
        return json.dumps(sent, ensure_ascii=False).encode(errors="replace")


def _fits(component: Any, value: Any) -> bool:
    if isinstance(component, gr.State):
        return True  # it stays on the server, whatever is sent
    if isinstance(component, gr.JSON):
        return not _has_file(value)  # the rest is checked by whoever reads it
    if isinstance(value, float | int):
        return abs(value) < LARGEST
    return value is None or (isinstance(value, str) and not isinstance(component, gr.Number))


def _has_file(value: Any) -> bool:
    """Whether Gradio would take something in here for a file, to be fetched and kept."""
    if isinstance(value, dict):
        return "path" in value or any(_has_file(part) for part in value.values())
    return isinstance(value, list) and any(_has_file(part) for part in value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
