"""Customers over HTTP, by aiohttp and aiosqlite: the same routes, the same file.

DATABASE_URL=sqlite:FILE python customers.py --addr 127.0.0.1:0
"""

import argparse
import asyncio
import os

import aiosqlite
from aiohttp import web

CONNECTIONS = 4

FIND = "SELECT id, name, email, city, version FROM customers WHERE id = ?"

REPORT = """
WITH totals AS MATERIALIZED (
    SELECT customer_id, count(*) AS purchases, sum(cents) AS cents
    FROM purchases GROUP BY customer_id)
SELECT customers.id, coalesce(mine.purchases, 0), coalesce(mine.cents, 0),
    (SELECT count(*) + 1 FROM totals WHERE totals.cents > coalesce(mine.cents, 0))
FROM customers LEFT JOIN totals AS mine ON mine.customer_id = customers.id
WHERE customers.id = ?
"""

POOL = web.AppKey("pool", asyncio.Queue)


async def row(request, statement):
    pool = request.app[POOL]
    connection = await pool.get()
    try:
        async with connection.execute(statement, (int(request.match_info["id"]),)) as cursor:
            found = await cursor.fetchone()
    finally:
        pool.put_nowait(connection)
    if found is None:
        raise web.HTTPNotFound(text="there is no such customer")
    return found


async def find(request):
    id, name, email, city, version = await row(request, FIND)
    customer = {"id": id, "name": name, "email": email, "city": city}
    return web.json_response(customer, headers={"etag": f'"{version}"'})


async def report(request):
    id, purchases, cents, rank = await row(request, REPORT)
    return web.json_response(
        {"customer_id": id, "purchases": purchases, "cents": cents, "rank": rank}
    )


async def main(options):
    app = web.Application()
    app.router.add_get("/customers/{id:[0-9]+}", find)
    app.router.add_get("/customers/{id:[0-9]+}/report", report)
    app[POOL] = pool = asyncio.Queue()
    for _ in range(CONNECTIONS):
        pool.put_nowait(await aiosqlite.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:")))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    host, port = options.addr.rsplit(":", 1)
    await web.TCPSite(runner, host, int(port)).start()
    host, port = runner.addresses[0]
    print(f"Listening: try http://{host}:{port}/customers/1", flush=True)
    await asyncio.Event().wait()


parser = argparse.ArgumentParser()
parser.add_argument("--addr", required=True)
# What our servers are told besides.
for option in ["--threads", "--purchases", "--patience"]:
    parser.add_argument(option)
asyncio.run(main(parser.parse_args()))
