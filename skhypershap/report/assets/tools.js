"use strict";
// What all pictures share: the data, the state, and small makers of elements. No address of SVG's
// name space is written here: it is taken from an empty element of the page.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const svgSpace = byId("blank").namespaceURI;
const state = { game: 0, chosen: null, axis: 0, allBars: false };

const keyOf = (members) => members.join("-");
const game = () => data.games[state.game];
const singles = () => game().rows.filter((row) => row.members.length === 1);
const firstSingle = () => singles().reduce((a, b) => (Math.abs(b.value) > Math.abs(a.value) ? b : a));
const pairs = () => game().rows.filter((row) => row.members.length === 2);
const fullName = (members) => members.map((i) => data.names[i]).join(" × ");
const shortName = (members) => members.map((i) => data.short[i]).join(" × ");
const largest = (numbers) => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(svgSpace, tag), attributes, children);

// A picture that is read as a whole ("img"), or one whose parts can be reached ("group").
function picture(width, height, label, role = "img") {
  return svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, role, "aria-label": label,
  });
}

const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });

function label(x, y, text, kind = "", anchor = "start") {
  return svg("text", { x, y, class: kind, "text-anchor": anchor }, text);
}

// Texts are measured before they are drawn, so that none is cut off or lies over another.
const pen = document.createElement("canvas").getContext("2d");
pen.font = "12px system-ui, sans-serif";
const widthOf = (text) => pen.measureText(text).width * 1.04;

function fit(text, room) {
  if (widthOf(text) <= room) return text;
  for (let kept = text.length - 1; kept > 1; kept -= 1) {
    const tail = Math.floor(kept / 2);
    const short = `${text.slice(0, kept - tail)}…${text.slice(text.length - tail)}`;
    if (widthOf(short) <= room) return short;
  }
  return `${text.slice(0, 1)}…`;
}

// The names of a pair share the room; a short one leaves the rest to the other.
function fitNames(members, room) {
  const names = members.map((i) => data.short[i]);
  if (names.length < 2 || widthOf(names.join(" × ")) <= room) return fit(names.join(" × "), room);
  const free = room - widthOf(" × ") * (names.length - 1), even = free / names.length;
  const spare = names.reduce((sum, name) => sum + Math.max(0, even - widthOf(name)), 0);
  const long = names.filter((name) => widthOf(name) > even).length || 1;
  return names.map((name) => fit(name, even + spare / long)).join(" × ");
}

const roomFor = (texts, most) => Math.min(most, Math.max(0, ...texts.map(widthOf)) + 2);

// Numbers of axes; those of results are written by Python and come with the data.
function number(value, digits = 3) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6)) {
    return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  }
  return String(Number(value.toPrecision(digits)));
}

// Differences below this are errors of rounding.
const rounding = (low, high) => 1e-12 * Math.max(Math.abs(low), Math.abs(high));

function ticks(low, high, count = 4) {
  const rough = (high - low) / count;
  if (!(rough > rounding(low, high)) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) {
    found.push(i * step);
  }
  return found;
}

function tickText(value, all) {
  const step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value);
  if (step >= 1e5 || step < 1e-5) return number(value, 3);
  return value.toFixed(clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 6));
}

const scale = (low, high, from, to) => (value) =>
  from + ((value - low) / (high - low || 1)) * (to - from);

// Whether the interval leaves no doubt about the sign; without intervals nothing is in doubt.
const certain = (row) => row.kind !== "unclear";
const sign = (row) => (row.value < 0 ? "negative" : "positive");
const look = (row) => `${sign(row)} ${certain(row) ? "certain" : "uncertain"}`;
const interval = (row) => (row.low === null ? "" : ` (${row.text[1]} to ${row.text[2]})`);
const told = (row) => `${fullName(row.members)}: ${row.text[0]}${interval(row)}`;

// Part of a picture that stands for a hyperparameter or a pair: a click or Enter chooses it. One
// shape of it is the button, which bears the whole name, however much of it is drawn.
function choosable(part, shape, row) {
  part.dataset.key = keyOf(row.members);
  for (const child of part.children) child.setAttribute("aria-hidden", String(child !== shape));
  fill(shape, { role: "button", tabindex: "0", "aria-label": told(row), "aria-pressed": "false" }, []);
  shape.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(row.members);
  });
  return part;
}
