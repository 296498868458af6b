"use strict";

// What of the page can be told by numbers alone: places on the way, pauses, and words.

const NEAR = 80;             // metres: what is farther from the way is not on it
const THERE = 30;            // metres from its end
const FIRST_PAUSE = 1000;    // ms
const LONGEST_PAUSE = 30000; // ms

// The way with the metres up to each of its corners.
function measured(city) {
  const up = [0];
  for (let k = 1; k < city.way.length; k++) {
    up.push(up[k - 1] + Math.hypot(city.way[k][0] - city.way[k - 1][0], city.way[k][1] - city.way[k - 1][1]));
  }
  return { ...city, up, length: up[up.length - 1] };
}

// Where a place of the earth is on the map, by the shorter way around.
function onMap(city, { lat, lon }) {
  const east = ((lon - city.lon + 540) % 360) - 180;
  return [east * Math.cos(city.lat * Math.PI / 180) * city.degree, (city.lat - lat) * city.degree];
}

// The nearest point of the way: how far along it is, and how far off.
function nearest(city, [x, y]) {
  let best = { along: 0, off: Infinity };
  for (let k = 1; k < city.way.length; k++) {
    const [ax, ay] = city.way[k - 1];
    const [dx, dy] = [city.way[k][0] - ax, city.way[k][1] - ay];
    const long = city.up[k] - city.up[k - 1];
    const part = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (long * long)));
    const off = Math.hypot(x - ax - part * dx, y - ay - part * dy);
    if (off < best.off) best = { along: city.up[k - 1] + part * long, off };
  }
  return best;
}

// Where one is who has come so far, and the corners that are behind.
function upTo(city, metres) {
  // Sums of metres may be more than the whole by a hair.
  const along = Math.min(city.length, Math.max(0, metres));
  const k = Math.max(1, city.up.findIndex(up => up >= along));
  const part = (along - city.up[k - 1]) / (city.up[k] - city.up[k - 1]);
  const [[ax, ay], [bx, by]] = [city.way[k - 1], city.way[k]];
  return { point: [ax + (bx - ax) * part, ay + (by - ay) * part], behind: city.way.slice(0, k) };
}

// A place on the way, where one is near enough, else beside it.
function placed(city, position) {
  const point = onMap(city, position);
  const { along, off } = nearest(city, point);
  return off <= NEAR ? { along, point: upTo(city, along).point } : { along: null, point, off };
}

// Some of the way from one place to another: along the streets if both are on them.
function between(city, from, to, part) {
  if (part >= 1) return to;
  if (from.along !== null && to.along !== null) {
    const along = from.along + (to.along - from.along) * part;
    return { along, point: upTo(city, along).point };
  }
  const [ax, ay] = from.point;
  const [bx, by] = to.point;
  return { along: null, point: [ax + (bx - ax) * part, ay + (by - ay) * part] };
}

// The part of the map to show on so many pixels: all of the way, and this point.
// Something is left free around it, more of it where the pin of the end stands.
function sight(city, point, wide, high) {
  const points = point ? [...city.way, point] : city.way;
  const [xs, ys] = [points.map(it => it[0]), points.map(it => it[1])];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [across, down] = [Math.max(1, wide - 70), Math.max(1, high - 110)];
  const unit = Math.max((right - left) / across, (bottom - top) / down);   // metres for a pixel
  const [x, y] = [(left + right) / 2 - unit * wide / 2, (top + bottom) / 2 - unit * (high / 2 + 12)];
  return { x, y, width: unit * wide, height: unit * high, unit };
}

// How long to wait before the next attempt. Half of it is luck, so that many who
// lose their server at the same moment do not come back at the same moment.
function pause(attempt, luck) {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempt, 10));
  return longest * (0.5 + luck / 2);
}

const metresIn = metres =>
  metres >= 1e6 ? `${Math.round(metres / 1e3).toLocaleString("en")} km`
    : metres >= 1000 ? `${(metres / 1000).toFixed(1)} km`
      : `${Math.max(10, Math.round(metres / 10) * 10)} m`;

const degreesIn = ({ lat, lon }) =>
  `${Math.abs(lat).toFixed(3)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(3)}° ${lon < 0 ? "W" : "E"}`;

function ageIn(seconds) {
  const [s, min, h] = [seconds, seconds / 60, seconds / 3600].map(Math.floor);
  if (s < 1) return "just now";
  if (s < 60) return `${s} s ago`;
  if (min < 60) return `${min} min ago`;
  if (h < 48) return `${h} h ago`;
  return `${Math.floor(h / 24).toLocaleString("en")} days ago`;
}

// Where that is, in words: the street, and what it crosses nearest.
function wordsOf(city, place, position) {
  if (place.along === null) {
    return { headline: "Off the route", words: `${metresIn(place.off)} away from it, at ${degreesIn(position)}` };
  }
  const left = city.length - place.along;
  const street = city.streets[place.along < city.up[city.bend] ? 0 : 1];
  if (left <= THERE) return { headline: "At the end of the route", words: `On ${street}` };
  const off = corner => Math.abs(city.up[corner] - place.along);
  const named = city.crossed.map((name, corner) => corner).filter(corner => city.crossed[corner]);
  const corner = named.reduce((one, other) => off(other) < off(one) ? other : one);
  return { headline: `${metresIn(left)} to go`, words: `On ${street}, near ${city.crossed[corner]}` };
}

// The position in a message, the notice in it, or neither. Whoever is at the other end
// may say anything.
function read(data) {
  if (typeof data !== "string" || data.length > 1024) return {};
  let said;
  try { said = JSON.parse(data); } catch { return {}; }
  if (typeof said !== "object" || said === null) return {};
  if (said.notice === "interrupted" || said.notice === "resumed") return { notice: said.notice };
  const { lat, lon, at, sequence } = said;
  const isIn = (number, most) => typeof number === "number" && Math.abs(number) <= most;
  const time = typeof at === "string" ? Date.parse(at) : NaN;
  const isOne = isIn(lat, 90) && isIn(lon, 180) && Number.isFinite(time)
    && Number.isSafeInteger(sequence) && sequence >= 0;
  return isOne ? { position: { lat, lon, time, sequence } } : {};
}
