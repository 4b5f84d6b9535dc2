"""Every setting, once, and what stands in front of the service (nginx, systemd, a blog's own templates)."""

from config.settings import AllowedNetwork, BadSettings, Rate, Settings, load

__all__ = ["AllowedNetwork", "BadSettings", "Rate", "Settings", "load"]
