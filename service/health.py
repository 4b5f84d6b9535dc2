"""Whether the service is alive, whether it can work, and what it has done: for machines that watch it."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Lock, Thread

import redis
from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select, text

from service.database import db
from service.model.reflection import Reflection
from service.values.state import State

SECONDS = 1.0
"""How long the database and Redis may each take to be called reachable."""

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def blueprint(
    redis_connection: redis.Redis, metrics_token: str, registry: CollectorRegistry, proxies: int = 0
) -> Blueprint:
    """``/healthz``, ``/readyz`` and ``/metrics``.

    ``registry`` takes the counters of this process; the door adds its own. With no ``metrics_token`` the numbers are
    given to loopback alone, and never to a request that a proxy passed on, nor to anybody where ``proxies`` stand in
    front: what a client can do to their headers is not ours to know.
    """
    health = Blueprint("health", __name__)
    probes = {"database": Probe(), "redis": Probe()}
    requests = Counter(
        "reflections_requests", "Requests by route and status.", ["process", "route", "status"], registry=registry
    )
    process = str(os.getpid())
    registry.register(Items())
    registry.register(Workers(redis_connection))

    @health.after_app_request
    def count(response: Response) -> Response:
        rule = request.url_rule
        requests.labels(process, rule.rule if rule else "none", str(response.status_code)).inc()
        return response

    @health.get("/healthz")
    def alive() -> ResponseReturnValue:
        return _said({"status": "alive"}, 200)

    @health.get("/readyz")
    def ready() -> ResponseReturnValue:
        engine = db.engine
        asked = {
            "database": probes["database"].ask(lambda: _reach_database(engine)),
            "redis": probes["redis"].ask(redis_connection.ping),
        }
        missing = [name for name, answer in asked.items() if not answered(answer)]
        if missing:
            return _said({"status": "not ready", "missing": missing}, 503)
        return _said({"status": "ready"}, 200)

    @health.get("/metrics")
    def metrics() -> ResponseReturnValue:
        if not _may_read(metrics_token, proxies):
            refusal = Response("Metrics are not for strangers.\n", 401 if metrics_token else 403)
            refusal.mimetype = "text/plain"
            if metrics_token:
                refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return health


def _said(what: dict[str, object], status: int) -> Response:
    response = jsonify(what)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _may_read(token: str, proxies: int) -> bool:
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if proxies or any(name in request.headers for name in _FORWARDED):
        return False
    return request.remote_addr is not None and ipaddress.ip_address(request.remote_addr).is_loopback


def _reach_database(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


class Probe:
    """Asks one thing whether it is there, one question at a time however many want to know: a thing that hangs
    holds one thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asking: Future[None] | None = None

    def ask(self, question: Callable[[], object]) -> Future[None]:
        """The answer to the question under way, or to this one."""
        with self._lock:
            if self._asking is None or self._asking.done():
                self._asking = Future()
                Thread(target=_settle, args=(self._asking, question), daemon=True).start()
            return self._asking


def _settle(asking: Future[None], question: Callable[[], object]) -> None:
    try:
        question()
    except Exception as unreachable:
        asking.set_exception(unreachable)
    else:
        asking.set_result(None)


def answered(asking: Future[None]) -> bool:
    """Whether it answers, and within ``SECONDS``."""
    try:
        return asking.exception(SECONDS) is None
    except TimeoutError:
        return False


class Items(Collector):
    """Items by state, and what is due, counted when asked; nothing while the database is away."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The numbers in Prometheus' form; needs an application's context."""
        items = GaugeMetricFamily("reflections_items", "Items by state.", labels=["state"])
        now = datetime.now(UTC)
        due = Reflection.due_at <= now
        try:
            known = dict(db.session.execute(select(Reflection.state, func.count()).group_by(Reflection.state)).all())
            waiting, oldest = db.session.execute(select(func.count(), func.min(Reflection.due_at)).where(due)).one()
        except Exception as away:
            current_app.logger.warning("metrics without the database: %s", type(away).__name__)
            db.session.rollback()
            return
        for state in State:
            items.add_metric([state.value], known.get(state, 0))
        yield items
        yield GaugeMetricFamily("reflections_due", "Items that are due to be looked at.", value=waiting)
        age = (now - oldest).total_seconds() if oldest is not None else 0.0
        yield GaugeMetricFamily("reflections_due_oldest_seconds", "For how long the oldest has been due.", value=age)


class Workers(Collector):
    """Workers that Redis knows; nothing while it is away."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The number in Prometheus' form."""
        try:
            number = self._connection.scard("rq:workers")
        except redis.RedisError:
            return
        yield GaugeMetricFamily("reflections_workers", "Workers that are registered.", value=float(str(number)))
