"""Refusals of the moderation API: ``application/problem+json`` (RFC 9457), one sentence each."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify


class Problem(Exception):
    """A request that is refused, with its status and what goes with it."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **further: Any):
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.further = further

    def answer(self) -> Response:
        """The problem as it is sent."""
        response = jsonify(
            type="about:blank",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            **self.further,
        )
        response.status_code = self.status
        response.content_type = "application/problem+json"
        response.headers.update(self.headers)
        return response
