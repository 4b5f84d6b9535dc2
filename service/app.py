"""``create_app()``: the one place where the rooms meet."""

from __future__ import annotations

import redis
from flask import Flask
from prometheus_client import CollectorRegistry

from config.settings import Settings
from service import database, demo, fallback, health, moderate, people, publish, receive
from service.bell import Bell
from service.languages import pages
from service.limits import Limits
from service.receive.pingback import PING_SECONDS

PATIENCE = 1.0
"""Seconds that Redis may take where somebody asks whether it is there."""


def create_app(settings: Settings, ping_seconds: float = PING_SECONDS) -> Flask:
    """The web side, without the door before it. ``extensions["metrics"]`` takes the counters of this process.

    ``ping_seconds``: how long the database may take before a pingback's sender is told that we are busy.
    """
    app = Flask("service", static_folder=None)
    app.config["SECRET_KEY"] = settings.secret
    registry = app.extensions["metrics"] = CollectorRegistry()
    database.init(app, settings.database)
    pages.install(app)
    fallback.install(app, settings.base_url)
    bell = Bell(settings.redis)
    limits = Limits(settings.redis, settings.intake_limits)
    watched = redis.Redis.from_url(settings.redis, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    base_url = settings.base_url
    app.register_blueprint(health.blueprint(watched, settings.metrics_token, registry, settings.trusted_proxies))
    app.register_blueprint(receive.blueprint(base_url, limits, bell, ping_seconds))
    app.register_blueprint(people.blueprint(base_url, settings.redis))
    app.register_blueprint(moderate.blueprint(bell, base_url, settings.mail_server is not None))
    app.register_blueprint(publish.blueprint(base_url))
    app.register_blueprint(demo.blueprint())
    return app
