"""Starts and stops the two ports."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Served:
    """A port that answers; `port` is the real one where 0 was asked for."""

    runner: web.AppRunner
    host: str
    port: int

    async def stop(self) -> None:
        """Close the port; requests under way get a second."""
        await self.runner.cleanup()


async def serve(application: web.Application, host: str, port: int) -> Served:
    """Serve the application. Raises `OSError` if the port is taken."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    bound: int = runner.addresses[0][1]
    return Served(runner, host, bound)
