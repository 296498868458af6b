"use strict";

const PATIENCE = 15000;      // ms that an attempt to connect may take
const STEADY = 5000;         // ms after which a connection was a good one
const HIDDEN = 30000;        // ms in which a connection may have died unseen
const SILENCE = 60000;       // ms at least, and twice as many at most, in which one may be silent
const SLOWEST = 2000;        // ms that the courier is on its way to a new position
const CALM = 5000;           // ms from one thing that is read aloud to the next
const CALMER = 20000;        // the same, if only the place is another

const byId = id => document.getElementById(id);
const put = (id, text) => { if (byId(id).textContent !== text) byId(id).textContent = text; };
const order = /^\/track\/([0-9a-f]{32})$/.exec(location.pathname)?.[1];
const city = measured(JSON.parse(byId("city").textContent));
const still = matchMedia("(prefers-reduced-motion: reduce)");

// --- the courier on the map ------------------------------------------------------

let last = null;             // the newest position
let ride = null;             // from where to where on the map, since when, for how long
let heard = null;            // when the newest one came, by two clocks, and how old it was
let ignored = 0;             // messages that were no newer position

function take(position) {
  const now = performance.now();
  const to = placed(city, position);
  const gap = heard ? now - heard.ticks : 0;
  const from = ride ? where(now) : to;
  const lasting = still.matches || from === to ? 0 : Math.min(SLOWEST, Math.max(300, gap));
  ride = { from, to, begun: now, lasting };
  last = position;
  // The two clocks differ: what was sent from the future has just been sent.
  heard = { ticks: now, clock: Date.now(), age: Math.max(0, Date.now() - position.time) };
  const { headline, words } = wordsOf(city, to, position);
  put("headline", headline);
  put("place", words);
  byId("bar").hidden = to.along === null;
  byId("age").dateTime = new Date(position.time).toISOString();
  move();
  tick();
}

const where = now => {
  const part = ride.lasting > 0 ? (now - ride.begun) / ride.lasting : 1;
  return between(city, ride.from, ride.to, part);
};

const round = number => number.toFixed(1);
const at = ([x, y], unit) => `translate(${round(x)} ${round(y)}) scale(${unit.toFixed(4)})`;

// All of the way, and the courier wherever that is.
function draw(now) {
  const map = byId("map");
  const place = ride && where(now);
  const { x, y, width, height, unit } = sight(city, place?.point, map.clientWidth, map.clientHeight);
  map.setAttribute("viewBox", [x, y, width, height].map(round).join(" "));
  map.toggleAttribute("data-far", unit > 25);
  byId("labels").style.fontSize = `${unit * 11.5}px`;
  byId("start").setAttribute("transform", at(city.way[0], unit));
  byId("end").setAttribute("transform", at(city.way[city.way.length - 1], unit));
  if (!place) return;
  byId("courier").setAttribute("transform", at(place.point, unit));
  byId("courier").setAttribute("visibility", "visible");
  if (place.along === null) {
    byId("ridden").removeAttribute("d");
    return;
  }
  const { point, behind } = upTo(city, place.along);
  byId("ridden").setAttribute("d", "M" + [...behind, point].map(it => it.map(round).join(" ")).join("L"));
  byId("part").style.transform = `scaleX(${(place.along / city.length).toFixed(4)})`;
}

let moving = 0;

function move() {
  cancelAnimationFrame(moving);
  // By one clock for both: a moment later the ride may be over, and its end not drawn.
  const now = performance.now();
  draw(now);
  if (ride && now < ride.begun + ride.lasting) moving = requestAnimationFrame(move);
}

new ResizeObserver(move).observe(byId("map"));

// --- what is said ------------------------------------------------------------------

const WORDS = {
  connecting: "connecting",
  live: "live",
  interrupted: "interrupted: positions are missing, waiting",
  again: "connecting again",
  over: "the order’s time is over",
  gone: "there is no such order any more",
};

let state = "connecting";

function show(next) {
  state = next;
  document.body.dataset.state = next;
  const button = byId("now");
  // Whoever has just pressed it is not to be thrown back to the top.
  if (next !== "waiting" && document.activeElement === button) byId("title").focus();
  button.hidden = next !== "waiting";
  tick();
}

function tick() {
  const seconds = Math.max(1, Math.ceil((nextAt - performance.now()) / 1000));
  put("state", state === "waiting" ? `connecting again in ${seconds} s` : WORDS[state]);
  if (heard) {
    // The first of them may stand still while a computer sleeps, the second may be set.
    const passed = Math.max(performance.now() - heard.ticks, Date.now() - heard.clock);
    put("age", ageIn((heard.age + passed) / 1000));
  }
  sayAloud();
  const isSilent = state === "live" && openedAt !== null && performance.now() - spokenAt > silence;
  if (isSilent && document.visibilityState === "visible") connect("quietly");
}

let said = { text: "", state: "", at: -Infinity };

// For those who hear the page: what is new, and not all the time.
function sayAloud() {
  const calm = state === said.state || (state === "again" && said.state === "waiting") ? CALMER : CALM;
  const now = performance.now();
  const words = state === "waiting" ? WORDS.again : WORDS[state];
  const text = last ? `${words}. ${byId("place").textContent}.` : `${words}.`;
  if (state === "connecting" || text === said.text || now - said.at < calm) return;
  said = { text, state, at: now };
  put("said", text);
}

setInterval(tick, 500);

// --- the connection --------------------------------------------------------------------

let socket = null;           // the one that is listened to
let openedAt = null;
let spokenAt = 0;            // when something was last heard of it
let silence = 0;             // how long nothing may be
let attempt = 0;             // failures since the last good connection
let nextAt = 0;              // when to try again
let waiting = 0;             // the timer of that
let ended = false;

// A connection that is dead does not say so, and one by which nothing comes is as silent.
// So after a while another takes its place, quietly: it may well be all right.
function connect(quietly) {
  clearTimeout(waiting);
  if (ended) return;
  leave();
  if (quietly) attempt = 0;
  else show(attempt > 0 || last ? "again" : "connecting");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(`${scheme}//${location.host}/ws/orders/${order}`);
  const isMine = () => socket === mine;
  socket = mine;
  openedAt = null;
  mine.onopen = () => {
    if (!isMine()) return;
    openedAt = spokenAt = performance.now();
    silence = SILENCE * (1 + Math.random());
    clearTimeout(waiting);
    show("live");
  };
  mine.onmessage = event => { if (isMine()) hear(event.data); };
  mine.onclose = event => { if (isMine()) lost(event.code); };
  // A network that swallows everything refuses nothing.
  waiting = setTimeout(() => { if (isMine()) lost(); }, PATIENCE);
}

// What comes from it after this is not listened to.
function leave() {
  const old = socket;
  socket = null;
  old?.close();
}

function lost(code) {
  leave();
  clearTimeout(waiting);
  if (code === 1000) return end("over");
  if (code === 4404) return end("gone");
  if (openedAt !== null && performance.now() - openedAt > STEADY) attempt = 0;
  const wait = pause(attempt, Math.random());
  attempt += 1;
  nextAt = performance.now() + wait;
  waiting = setTimeout(() => connect(), wait);
  show("waiting");
  if (openedAt === null) endIfGone();
}

// A browser does not tell its pages why a WebSocket was refused. This asks.
async function endIfGone() {
  const options = { method: "HEAD", cache: "no-store" };
  const status = await fetch(location.pathname, options).then(reply => reply.status, () => 0);
  if (status === 404) end("gone");
}

function end(why) {
  ended = true;
  clearTimeout(waiting);
  leave();
  show(why);
}

function connectNow() {
  attempt = 0;
  connect();
}

function hear(data) {
  spokenAt = performance.now();
  const { position, notice } = read(data);
  if (notice) return show(notice === "interrupted" ? "interrupted" : "live");
  // After each connect the last one comes once more.
  if (position && last && position.sequence === last.sequence) return;
  if (position && (!last || position.sequence > last.sequence)) return take(position);
  ignored += 1;
  if (ignored === 1) console.warn("a message was ignored, because it is no newer position; more are only counted, in ignored");
}

byId("now").addEventListener("click", connectNow);

// Another network: what stood by the former one is dead, and nobody says so.
addEventListener("online", connectNow);

let hiddenAt = 0;
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    hiddenAt = Date.now();
  } else if (openedAt === null || !socket || Date.now() - hiddenAt > HIDDEN) {
    connectNow();
  }
});

connect();
