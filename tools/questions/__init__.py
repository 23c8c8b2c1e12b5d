"""What was asked, how the answers were judged, and what the docs owe for it."""

from tools.questions.asked import AskedQuestion, Outcome, Place
from tools.questions.log import QuestionLog

__all__ = ["AskedQuestion", "Outcome", "Place", "QuestionLog"]
