"""The async strategy, by aiohttp: all requests wait together on one thread.

python client.py --url http://localhost:8000/delay-me --seconds 10,2,5
python client.py --url http://localhost:8000/delay-me --seconds 1 --requests 10000
"""

import argparse
import asyncio
import resource
import time

import aiohttp


async def pull_from_server(session, url):
    async with session.get(url) as reply:
        reply.raise_for_status()
        return await reply.text()


async def pull_all(urls):
    # The usual connector lets 100 requests wait at once.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(pull_from_server(session, url) for url in urls))


parser = argparse.ArgumentParser()
parser.add_argument("--url", required=True)
parser.add_argument("--seconds", default="10,2,5")
parser.add_argument("--requests", type=int)
options = parser.parse_args()

seconds = options.seconds.split(",")
if options.requests:
    seconds = seconds[:1] * options.requests
urls = [f"{options.url}?seconds={wait}" for wait in seconds]

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
start = time.perf_counter()
asyncio.run(pull_all(urls))
print(f"Time elapsed: {time.perf_counter() - start:.3f}")
