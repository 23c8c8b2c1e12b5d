"""Answers: exact ones from the catalog graph, cited ones from passages, and honest silence."""

from ingest.answers.answer import (
    Answer,
    AnswerEvent,
    Citation,
    Cited,
    Done,
    Flag,
    Retrieved,
    TextDelta,
    Turn,
)
from ingest.answers.assistant import Assistant
from ingest.answers.citations import is_verbatim
from ingest.answers.model import ChatModel, Message, OpenAIChatModel, ScriptedModel, Tool, ToolCall

__all__ = [
    "Answer",
    "AnswerEvent",
    "Assistant",
    "ChatModel",
    "Citation",
    "Cited",
    "Done",
    "Flag",
    "Message",
    "OpenAIChatModel",
    "Retrieved",
    "ScriptedModel",
    "TextDelta",
    "Tool",
    "ToolCall",
    "Turn",
    "is_verbatim",
]
