// Bars with intervals: hyperparameters and pairs, the largest first.

const MOST_BARS = 15;

function bars(width) {
  const rows = [...game().rows].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = state.allBars ? rows : rows.slice(0, MOST_BARS);
  const parts = [html("p", { class: "note" }, `${game().measure}, ${game().unit}. ${game().note}`)];
  parts.push(drawnBars(shown, width));
  if (rows.length > MOST_BARS) {
    const text = state.allBars ? "show the largest only" : `show ${rows.length - MOST_BARS} others`;
    parts.push(html("button", { type: "button", class: "more", onclick: moreBars }, text));
  }
  return parts;
}

function moreBars() {
  state.allBars = !state.allBars;
  draw("bars");
  showChosen();
  byId("bars").querySelector(".more").focus();
}

// An interval that is many times as long as all bars would hide them; it ends in an arrow.
function limits(rows) {
  const most = 2.5 * largest(rows.map((row) => row.value));
  const lows = rows.map((row) => Math.min(row.value, row.low ?? 0));
  const highs = rows.map((row) => Math.max(row.value, row.high ?? 0));
  return [Math.max(-most, Math.min(0, ...lows)), Math.min(most, Math.max(0, ...highs))];
}

function drawnBars(rows, width) {
  const step = 24, top = 4, bottom = 24;
  const names = rows.map((row) => shortName(row.members));
  const left = roomFor(names, width * 0.42) + 8;
  const right = width - roomFor(rows.map((row) => row.text[0]), 80) - 10;
  const height = top + rows.length * step + bottom;
  const [low, high] = limits(rows);
  const x = scale(low, high, left + 6, right - 6);
  const image = picture(width, height, `${game().game}: bars with intervals`, "group");
  const marks = ticks(low, high, width < 480 ? 3 : 4);
  for (const value of marks) {
    image.append(line(x(value), top, x(value), height - bottom, "grid"));
    image.append(label(x(value), height - 8, tickText(value, marks), "muted", "middle"));
  }
  rows.forEach((row, i) => {
    image.append(bar(row, { y: top + i * step, step, left, right, width, x, low, high }));
  });
  image.append(line(x(0), top, x(0), height - bottom, "axis"));
  return image;
}

function bar(row, { y, step, left, right, width, x, low, high }) {
  const middle = y + step / 2;
  const from = Math.min(x(0), x(row.value));
  const pair = row.members.length > 1 ? " pair" : "";
  const back = svg("rect", { x: 0, y: y + 1, width, height: step - 2, class: "back", rx: 4 });
  const part = svg("g", { class: `bar ${look(row)}${pair}`, onclick: () => choose(row.members) },
    svg("title", {}, told(row)),
    back,
    label(left, middle + 4, fitNames(row.members, left - 4), "", "end"),
    svg("rect", {
      x: from, y: y + 5, width: Math.max(1, Math.abs(x(row.value) - x(0))), height: step - 10,
      class: "shape",
    }),
    label(width - 2, middle + 4, row.text[0], "value", "end"));
  if (row.low !== null) {
    const ends = [Math.max(row.low, low), Math.min(row.high, high)];
    part.append(line(x(ends[0]), middle, x(ends[1]), middle, "whisker"));
    if (row.low < low) part.append(arrow(x(ends[0]), middle, -1));
    if (row.high > high) part.append(arrow(x(ends[1]), middle, 1));
  }
  return choosable(part, back, row);
}

const arrow = (x, y, way) =>
  svg("path", { d: `M${x - 4 * way},${y - 4}L${x + 1 * way},${y}L${x - 4 * way},${y + 4}`, class: "whisker" });
