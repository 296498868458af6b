// Live order tracking by ws and ioredis: the same routes, on the same Redis.
//
// REDIS_URL=redis://localhost:6379 node tracker.js --addr 127.0.0.1:0
"use strict";

const { randomBytes } = require("node:crypto");
const { createServer } = require("node:http");
const { parseArgs } = require("node:util");
const { Redis } = require("ioredis");
const { WebSocketServer, WebSocket } = require("ws");

const PREFIX = "order-tracker:";
const INDEX = "order-tracker-index";

const OPEN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 'full' end
redis.call('ZADD', KEYS[1], now + ARGV[1], KEYS[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'sequence', '-1')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 'opened'`;

const DELIVER = `
local newest = redis.call('HGET', KEYS[1], 'sequence')
if not newest then return 'unknown' end
if tonumber(ARGV[1]) <= tonumber(newest) then return 'older' end
redis.call('HSET', KEYS[1], 'sequence', ARGV[1], 'position', ARGV[2])
redis.call('PUBLISH', KEYS[1], ARGV[2])
return 'taken'`;

// What our servers are told besides is read over.
const { values: options } = parseArgs({
  strict: false,
  options: {
    addr: { type: "string" },
    orders: { type: "string", default: "100000" },
    watchers: { type: "string", default: "1000" },
    idle: { type: "string", default: "60" },
    lifetime: { type: "string", default: "14400" },
  },
});
const MOST_ORDERS = Number(options.orders);
const MOST_WATCHERS = Number(options.watchers);
const LIFETIME_MS = Number(options.lifetime) * 1000;
const PING_EVERY_MS = (Number(options.idle) * 1000) / 3;

const LONGEST_BODY = 2048;
const TEXT = { binary: false };

// Commands of one turn of the event loop go out together.
const redis = new Redis(process.env.REDIS_URL, {
  enableAutoPipelining: true,
  scripts: {
    openOrder: { lua: OPEN, numberOfKeys: 2 },
    deliver: { lua: DELIVER, numberOfKeys: 1 },
  },
});
const subscriber = new Redis(process.env.REDIS_URL);

// The orders that are watched here, by their channels: one subscription for each.
const topics = new Map();

// Those with something in line that they have not read. They get what is newest then.
const late = new Set();

class Topic {
  constructor(channel) {
    this.watchers = new Set();
    this.sequence = -1;
    this.text = null;
    this.isThere = this.follow(channel);
  }

  // First subscribes, then reads: what comes in between is heard.
  async follow(channel) {
    await subscriber.subscribe(channel);
    const [sequence, position] = await redis.hmget(channel, "sequence", "position");
    if (position !== null) this.take(Buffer.from(position));
    return sequence !== null;
  }

  take(text) {
    const sequence = sequenceOf(text);
    if (sequence === undefined || sequence <= this.sequence) return;
    this.sequence = sequence;
    this.text = text;
    for (const watcher of this.watchers) tell(watcher, this);
  }
}

function tell(watcher, topic) {
  if (watcher.bufferedAmount > 0) {
    late.add(watcher);
  } else {
    watcher.send(topic.text, TEXT);
  }
}

setInterval(() => {
  for (const watcher of late) {
    if (watcher.bufferedAmount > 0) continue;
    late.delete(watcher);
    if (watcher.readyState === WebSocket.OPEN) watcher.send(watcher.topic.text, TEXT);
  }
}, 100);

subscriber.on("messageBuffer", (channel, text) => {
  topics.get(channel.latin1Slice())?.take(text);
});

function sequenceOf(text) {
  try {
    const position = JSON.parse(text);
    return isPosition(position) ? position.sequence : undefined;
  } catch {
    return undefined;
  }
}

function isPosition(it) {
  return (
    it !== null &&
    typeof it === "object" &&
    Math.abs(it.lat) <= 90 &&
    Math.abs(it.lon) <= 180 &&
    Date.parse(it.at) <= Date.now() + 10_000 &&
    Number.isSafeInteger(it.sequence) &&
    it.sequence >= 0
  );
}

const ORDER = /^[0-9a-f]{32}$/;

// ---- couriers

async function open(request, response) {
  const order = randomBytes(16).toString("hex");
  const opened = await redis.openOrder(INDEX, PREFIX + order, LIFETIME_MS, MOST_ORDERS);
  if (opened !== "opened") return answer(response, 503, { detail: "there are too many orders" });
  answer(response, 201, { order, link: `ws://${request.headers.host}/ws/orders/${order}` });
}

async function deliver(order, request, response) {
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    body += chunk;
    if (body.length > LONGEST_BODY) return answer(response, 413, { detail: "that is too long" });
  }
  let position;
  try {
    position = JSON.parse(body);
  } catch {
    return answer(response, 400, { detail: "the body is no position" });
  }
  if (!isPosition(position)) return answer(response, 422, { detail: "nobody can be there" });
  const { lat, lon, at, sequence } = position;
  const text = JSON.stringify({ lat, lon, at, sequence });
  const taken = await redis.deliver(PREFIX + order, sequence, text);
  if (taken === "unknown") return answer(response, 404, { detail: "there is no such order" });
  answer(response, 202, { taken: taken === "taken" });
}

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

const server = createServer((request, response) => {
  const parts = request.url.split("/");
  let answered;
  if (request.method === "POST" && request.url === "/orders") {
    answered = open(request, response);
  } else if (
    request.method === "POST" &&
    parts.length === 4 &&
    parts[1] === "orders" &&
    ORDER.test(parts[2]) &&
    parts[3] === "position"
  ) {
    answered = deliver(parts[2], request, response);
  } else {
    return answer(response, 404, { detail: "nothing is here" });
  }
  answered.catch((error) => answer(response, 503, { detail: String(error) }));
});
server.keepAliveTimeout = 60_000;

// ---- watchers

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: 1024,
  clientTracking: false,
});
const all = new Set();

server.on("upgrade", async (request, socket, head) => {
  const order = request.url.startsWith("/ws/orders/") ? request.url.slice(11) : "";
  const channel = PREFIX + order;
  // Who has hung up meanwhile harms nobody.
  socket.on("error", () => socket.destroy());
  if (!ORDER.test(order)) return refuse(socket, "404 Not Found");
  let topic = topics.get(channel);
  if (topic === undefined) topics.set(channel, (topic = new Topic(channel)));
  try {
    if (!(await topic.isThere)) {
      topics.delete(channel);
      await subscriber.unsubscribe(channel);
      return refuse(socket, "404 Not Found");
    }
  } catch {
    topics.delete(channel);
    return refuse(socket, "503 Service Unavailable");
  }
  if (topic.watchers.size >= MOST_WATCHERS) return refuse(socket, "503 Service Unavailable");
  sockets.handleUpgrade(request, socket, head, (watcher) => watch(watcher, topic, channel));
});

function refuse(socket, status) {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function watch(watcher, topic, channel) {
  watcher.topic = topic;
  watcher.channel = channel;
  watcher.isAlive = true;
  watcher.on("pong", isHeard).on("message", talks).on("close", leaves).on("error", isLost);
  topic.watchers.add(watcher);
  all.add(watcher);
  if (topic.text !== null) watcher.send(topic.text, TEXT);
}

// One function of each for all watchers: a closure would be some of what is measured.
function isHeard() {
  this.isAlive = true;
}

function talks() {
  this.close(1003);
}

function isLost() {
  this.terminate();
}

function leaves() {
  all.delete(this);
  late.delete(this);
  this.topic.watchers.delete(this);
  if (this.topic.watchers.size === 0 && topics.get(this.channel) === this.topic) {
    topics.delete(this.channel);
    subscriber.unsubscribe(this.channel).catch(() => {});
  }
}

setInterval(() => {
  for (const watcher of all) {
    if (!watcher.isAlive) {
      watcher.terminate();
    } else {
      watcher.isAlive = false;
      watcher.ping();
    }
  }
}, PING_EVERY_MS);

const [host, port] = options.addr.split(/:(?=\d+$)/);
server.listen({ host, port: Number(port), backlog: 4096 }, () => {
  const version = (name) => `${name} ${require(`${name}/package.json`).version}`;
  const versions = `node ${process.version}, ${version("ws")}, ${version("ioredis")}`;
  const { address, port } = server.address();
  console.log(`Listening at http://${address}:${port}: ${versions}`);
});
