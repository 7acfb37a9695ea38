"""A Redis cache that pages survive without: when Redis is away, every look-up is a miss."""

from __future__ import annotations

import logging
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

log = logging.getLogger(__name__)


class _SoftClient(RedisCacheClient):
    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return super().get(key, default)
        except redis.RedisError:
            log.warning("cache not reachable")
            return default

    def set(self, key: Any, value: Any, timeout: Any = None) -> None:
        try:
            super().set(key, value, timeout)
        except redis.RedisError:
            log.warning("cache not reachable")

    def delete(self, key: Any) -> bool:
        try:
            return bool(super().delete(key))
        except redis.RedisError:
            log.warning("cache not reachable")
            return False


class SoftRedisCache(RedisCache):
    """Django's Redis cache for `get`, `set` and `delete`; the only calls this project makes."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _SoftClient
