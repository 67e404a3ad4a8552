// How values have grown with the trials, and what more trials would gain.

const MOST_LINES = 6;
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "4 2", "1 2"];

function history(width) {
  const { counts, lines } = data.history;
  const shown = lines.slice(0, MOST_LINES), hidden = lines.length - shown.length;
  const numbers = shown.flatMap((one) => [...one.values, ...one.low, ...one.high, 0]).filter((v) => v !== null);
  let [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const margin = high - low > rounding(low, high) ? 0.06 * (high - low) : 1;
  [low, high] = [low - margin, high + margin];
  const names = shown.map((one) => data.short[one.members[0]]);
  const height = Math.max(230, 40 + 18 * shown.length), bottom = height - 40;
  const marks = ticks(low, high, 4), left = roomFor(marks.map((value) => tickText(value, marks)), 90) + 10;
  const right = width - roomFor(names, width * 0.34) - 12;
  const few = counts.length < 2;
  const x = few ? () => (left + right) / 2 : scale(counts[0], counts[counts.length - 1], left + 6, right - 8);
  const y = scale(low, high, bottom, 14);
  const image = picture(width, height, "values of tunability after growing numbers of trials; the table has the numbers");
  for (const value of marks) {
    image.append(line(left, y(value), right, y(value), value === 0 ? "axis" : "grid"));
    image.append(label(left - 6, y(value) + 4, tickText(value, marks), "muted", "end"));
  }
  image.append(...countLabels(counts, x, bottom, width));
  image.append(label(right, height - 6, "trials", "muted", "end"));
  [...shown.keys()].reverse().forEach((k) => image.append(...growthLine(shown[k], k, counts, x, y)));
  image.append(...endLabels(shown, names, y, right, bottom));
  const text = "What tuning each gains (Shapley values), from the first trials alone, with 90 % intervals."
    + (hidden > 0 ? ` The largest ${shown.length} of ${lines.length}.` : "");
  return [html("p", { class: "note" }, text), image];
}

function countLabels(counts, x, bottom, width) {
  let free = -Infinity;
  return counts.flatMap((count) => {
    const text = String(count), half = widthOf(text) / 2;
    if (x(count) - half < free || x(count) + half > width) return [];
    free = x(count) + half + 8;
    return [label(x(count), bottom + 16, text, "muted", "middle"), line(x(count), bottom, x(count), bottom + 4, "axis")];
  });
}

function growthLine(one, k, counts, x, y) {
  const at = counts.map((count, i) => i).filter((i) => one.values[i] !== null);
  const join = (values) => values.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join("L");
  const parts = [];
  const band = at.filter((i) => one.low[i] !== null && one.high[i] !== null);
  if (band.length > 1) {
    const upper = band.map((i) => [x(counts[i]), y(one.high[i])]);
    const lower = band.map((i) => [x(counts[i]), y(one.low[i])]).reverse();
    parts.push(svg("path", { d: `M${join([...upper, ...lower])}Z`, class: `growth-band line-${k}` }));
  }
  const points = at.map((i) => [x(counts[i]), y(one.values[i])]);
  if (points.length > 1) {
    parts.push(svg("path", { d: `M${join(points)}`, class: `growth line-${k}`, "stroke-dasharray": DASHES[k] || null }));
  }
  at.forEach((i) => parts.push(svg("circle", { cx: x(counts[i]), cy: y(one.values[i]), r: 3.5, class: `growth-dot line-${k}` },
    svg("title", {}, `${one.label}, ${counts[i]} trials: ${one.text[i]}`))));
  return parts;
}

// Names stand where the lines end, moved apart where they would lie over each other.
function endLabels(shown, names, y, right, bottom) {
  const STEP = 16;
  const order = [...shown.keys()].sort((a, b) => last(shown[b]) - last(shown[a]));
  const places = order.map((k) => y(last(shown[k])));
  for (let i = 1; i < places.length; i += 1) places[i] = Math.max(places[i], places[i - 1] + STEP);
  const over = Math.max(0, (places[places.length - 1] ?? 0) - bottom);
  for (let i = places.length - 1, limit = bottom; over > 0 && i >= 0; i -= 1) {
    places[i] = Math.min(places[i], limit);
    limit = places[i] - STEP;
  }
  return order.map((k, i) => {
    const part = label(right + 6, places[i] + 4, fit(names[k], right), `end line-${k}`);
    part.append(svg("title", {}, shown[k].label));
    return part;
  });
}

const last = (one) => one.values[one.values.length - 1] ?? 0;

function more(width) {
  const { n_trials: n, best, rows } = data.next_trials;
  const numbers = [best, ...rows.flatMap((row) => [row.expected, row.low, row.high])].filter((v) => v !== null);
  let [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const margin = high - low > rounding(low, high) ? 0.08 * (high - low) : Math.abs(high) * 0.01 || 1;
  [low, high] = [low - margin, high + margin];
  const step = 46, top = 34, bottom = top + rows.length * step, height = bottom + 34;
  const marks = ticks(low, high, width < 480 ? 3 : 4);
  const x = scale(low, high, 8, width - 12);
  const image = picture(width, height, "best score to expect of more random trials; the table has the numbers");
  for (const value of marks) {
    image.append(line(x(value), top, x(value), bottom, "grid"));
    const text = tickText(value, marks), half = widthOf(text) / 2;
    image.append(label(clamp(x(value), half, width - half), bottom + 16, text, "muted", "middle"));
  }
  const now = "best trial so far", side = x(best) > width / 2 ? "end" : "start";
  image.append(line(x(best), top - 12, x(best), bottom, "mark incumbent"));
  image.append(label(x(best) + (side === "end" ? -5 : 5), top - 14, now, "muted", side));
  rows.forEach((row, k) => image.append(moreRow(row, x, top + k * step, width)));
  image.append(label(width - 12, height - 4, fit(data.metric, width * 0.5), "muted", "end"));
  const text = `The best score to expect after ${n} more random trials, by predictions with their errors; whiskers are 90 % intervals.`;
  return [html("p", { class: "note" }, text), image];
}

function moreRow(row, x, y, width) {
  const part = svg("g", { class: "more-row" }, svg("title", {}, `${row.label}: ${row.text[0]} (${row.text[1]})`),
    label(8, y + 14, fit(row.label, width - 20), "halo"));
  if (row.low !== null && row.high !== null) {
    part.append(line(x(row.low), y + 28, x(row.high), y + 28, "whisker"));
    for (const end of [row.low, row.high]) part.append(line(x(end), y + 24, x(end), y + 32, "whisker"));
  }
  part.append(svg("circle", { cx: x(row.expected), cy: y + 28, r: 5, class: "growth-dot line-0" }));
  return part;
}
