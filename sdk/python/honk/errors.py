"""What can go wrong, as one exception that a person can read."""
from typing import Any, Dict, Optional


class HonkError(Exception):
    """The server refused, or did not do what was waited for.

    `status` is the HTTP status (None when there was no answer), `code` and `then` are those of the server's problem
    document (docs/formats/api.md), `problem` is all of it.
    """

    def __init__(self, message: str, status: Optional[int] = None, problem: Optional[Dict[str, Any]] = None):
        super().__init__(message)
        self.status = status
        self.problem: Dict[str, Any] = problem or {}
        self.code: Optional[str] = self.problem.get("code")
        self.then: Optional[str] = self.problem.get("then")
