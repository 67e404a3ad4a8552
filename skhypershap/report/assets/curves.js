// The score along each hyperparameter, what is held being the baseline, the best trial, or tuned.

const ROOF = 34; // above the curves, for the names of the marks
const switchedOff = new Set();
let atPoint = null; // index of the point that the slider reads out

const axisNow = () => data.effects.axes[state.axis];
const heldNow = () => data.effects.held.filter(({ held }) => !switchedOff.has(held));

function showAxisOf(hyperparameter) {
  const found = data.effects.axes.findIndex((axis) => axis.hyperparameter === hyperparameter);
  if (found < 0 || found === state.axis) return;
  state.axis = found;
  atPoint = null;
  draw("curves");
}

function curves(width) {
  const axis = axisNow();
  const names = data.effects.axes.map(({ hyperparameter }, i) =>
    html("option", i === state.axis ? { selected: "", value: i } : { value: i }, data.names[hyperparameter]));
  const select = html("select", { id: "axis", onchange: changeAxis }, ...names);
  const controls = html("div", { class: "controls" },
    html("label", {}, "hyperparameter ", select), ...data.effects.held.map(curveSwitch));
  const image = drawnCurves(axis, width);
  const outside = heldNow().length ? outsideOf(axis, frameOf(axis, width)) : 0;
  const counted = outside ? ` Dots are trials; ${outside} of ${axis.trials.length} are outside.` : " Dots are trials.";
  const hint = `Move the slider, or point at the picture, to read values.${counted}`;
  const reader = html("input", {
    type: "range", id: "point", min: 0, max: axis.at.length - 1, step: 1,
    value: atPoint ?? 0, oninput: readPoint,
  });
  const readout = html("output", { id: "point-text", for: "point" }, hint);
  const reading = html("div", { class: "controls" }, html("label", {}, "value ", reader), readout);
  const good = axis.good ? html("p", { class: "note" }, `${data.good}: ${axis.good.text}.`) : null;
  return [controls, image, reading, good].filter((part) => part !== null);
}

function changeAxis(event) {
  state.axis = Number(event.target.value);
  atPoint = null;
  draw("curves");
  byId("axis").focus();
}

function curveSwitch({ held, label: text }) {
  const sample = svg("svg", { width: 26, height: 8, "aria-hidden": "true", class: "sample" },
    line(1, 4, 25, 4, `curve ${held}`));
  const toggle = () => {
    if (switchedOff.has(held)) switchedOff.delete(held);
    else switchedOff.add(held);
    draw("curves");
    byId("curves").querySelector(`[data-held="${held}"]`).focus();
  };
  return html("button", {
    type: "button", class: "switch", "data-held": held, onclick: toggle,
    "aria-pressed": String(!switchedOff.has(held)),
  }, sample, text);
}

// An average far below all other curves would press them flat, so it is switched off at first.
function switchOffFlatteners() {
  const all = (names) => data.effects.axes.flatMap((axis) =>
    names.flatMap((name) => (axis.curves[name] ?? []).filter((score) => score !== null)));
  const others = all(data.effects.held.map(({ held }) => held).filter((held) => held !== "average"));
  const average = all(["average"]);
  if (!others.length || !average.length) return;
  const span = (numbers) => Math.max(...numbers) - Math.min(...numbers);
  if (span([...others, ...average]) > 3 * span(others)) switchedOff.add("average");
}

function frameOf(axis, width) {
  const scores = heldNow().flatMap(({ held }) => axis.curves[held] ?? []).filter((s) => s !== null);
  const least = Math.min(...scores), most = Math.max(...scores);
  const differ = most - least > rounding(least, most);
  const margin = differ ? 0.06 * (most - least) : Math.abs(most) * 0.01 || 1;
  const [low, high] = [least - margin, most + margin];
  const marks = ticks(low, high, 5);
  const left = roomFor(marks.map((value) => tickText(value, marks)), 90) + 10;
  const height = width < 520 ? 260 : 320, bottom = height - 42, right = width - 14;
  const inner = axis.discrete ? (right - left) / (2 * axis.at.length) : 4;
  return {
    low, high, marks, left, right, bottom, height, width,
    x: scale(0, 1, left + inner, right - inner), y: scale(low, high, bottom, ROOF),
  };
}

function drawnCurves(axis, width) {
  if (!heldNow().length) return html("p", { class: "note" }, "All curves are switched off.");
  const frame = frameOf(axis, width);
  const name = data.names[axis.hyperparameter];
  const image = picture(width, frame.height, `score along ${name}; the slider below reads values out`);
  for (const value of frame.marks) {
    image.append(line(frame.left, frame.y(value), frame.right, frame.y(value), "grid"));
    image.append(label(frame.left - 6, frame.y(value) + 4, tickText(value, frame.marks), "muted", "end"));
  }
  if (axis.good && axis.good.from !== null) {
    const [from, to] = [frame.x(axis.good.from), frame.x(axis.good.to)];
    image.append(svg("rect", {
      x: from, y: ROOF, width: Math.max(1, to - from), height: frame.bottom - ROOF, class: "good-values",
    }));
  }
  image.append(...axisLabels(axis, frame));
  image.append(label(frame.right, frame.height - 6, fit(name, width * 0.6), "strong", "end"));
  image.append(label(4, frame.height - 6, fit(data.metric, width * 0.35), "muted"));
  image.append(...trialDots(axis, frame));
  for (const { held } of [...heldNow()].reverse()) image.append(...curve(axis, held, frame));
  image.append(...marksOf(axis, frame));
  image.append(line(frame.x(0), ROOF, frame.x(0), frame.bottom, "reader hidden"));
  image.addEventListener("pointermove", (event) => pointAt(event, image, axis, frame));
  return image;
}

function axisLabels(axis, frame) {
  const parts = [];
  let free = -Infinity;
  const step = axis.discrete ? (frame.right - frame.left) / axis.ticks.length - 6 : 90;
  for (const { at, text } of axis.ticks) {
    const short = fit(text, Math.max(20, step));
    const x = clamp(frame.x(at), frame.left + widthOf(short) / 2 - 6, frame.width - widthOf(short) / 2);
    if (x - widthOf(short) / 2 < free) continue;
    free = x + widthOf(short) / 2 + 6;
    const part = label(x, frame.bottom + 17, short, "muted", "middle");
    part.append(svg("title", {}, text));
    parts.push(part, line(frame.x(at), frame.bottom, frame.x(at), frame.bottom + 4, "axis"));
  }
  return parts;
}

// Trials as [place, score], as far as they have both.
const trialsOn = (axis) => axis.trials.map((at, k) => [at, data.effects.scores[k]])
  .filter(([at, score]) => at !== null && score !== null);
const isOutside = (score, frame) => score < frame.low || score > frame.high;
const outsideOf = (axis, frame) =>
  trialsOn(axis).filter(([, score]) => isOutside(score, frame)).length;

function trialDots(axis, frame) {
  return trialsOn(axis).filter(([, score]) => !isOutside(score, frame)).map(([at, score]) =>
    svg("circle", { cx: frame.x(at), cy: frame.y(score), r: 2, class: "dot" }));
}

function curve(axis, held, frame) {
  const known = (axis.curves[held] ?? []).map((score, k) => [axis.at[k], score])
    .filter(([, score]) => score !== null);
  const points = known.map(([at, score]) => [frame.x(at), frame.y(score)]);
  if (!axis.discrete && points.length > 1) {
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");
    return [svg("path", { d: `M${path}`, class: `curve ${held}` })];
  }
  const half = clamp(frame.width / (3 * axis.at.length), 8, 30);
  return points.map(([x, y]) => line(x - half, y, x + half, y, `curve ${held}`));
}

function marksOf(axis, frame) {
  return axis.marks.flatMap(({ at, text }, k) => {
    const x = frame.x(at), right = at > 0.6;
    return [
      line(x, 4 + 15 * k, x, frame.bottom, `mark ${k ? "" : "incumbent"}`),
      label(right ? x - 5 : x + 5, 12 + 15 * k, text, "muted halo", right ? "end" : "start"),
    ];
  });
}

function pointAt(event, image, axis, frame) {
  const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(image.getScreenCTM().inverse());
  let nearest = 0;
  axis.at.forEach((at, k) => {
    if (Math.abs(frame.x(at) - place.x) < Math.abs(frame.x(axis.at[nearest]) - place.x)) nearest = k;
  });
  byId("point").value = nearest;
  readPoint();
}

function readPoint() {
  const axis = axisNow();
  atPoint = Number(byId("point").value);
  const scores = heldNow().map(({ held, label: text }) => `${text}: ${number(axis.curves[held]?.[atPoint] ?? null, 4)}`);
  byId("point-text").textContent =
    `${data.names[axis.hyperparameter]} = ${axis.values[atPoint]}. ${scores.join("; ")}`;
  const frame = frameOf(axis, byId("curves").clientWidth);
  const reader = byId("curves").querySelector(".reader");
  if (!reader) return;
  reader.classList.remove("hidden");
  reader.setAttribute("x1", frame.x(axis.at[atPoint]));
  reader.setAttribute("x2", frame.x(axis.at[atPoint]));
}
