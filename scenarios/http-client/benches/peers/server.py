"""The delay server's route, by aiohttp.

python server.py
"""

import asyncio
import resource

from aiohttp import web


async def delay_me(request):
    seconds = float(request.query["seconds"])
    await asyncio.sleep(seconds)
    return web.Response(text=f"Done, I waited for {request.query['seconds']} secs")


async def main():
    app = web.Application()
    app.router.add_get("/delay-me", delay_me)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=10240)
    await site.start()
    host, port = runner.addresses[0]
    print(f"Listening: try http://{host}:{port}/delay-me?seconds=2", flush=True)
    await asyncio.Event().wait()


_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
asyncio.run(main())
