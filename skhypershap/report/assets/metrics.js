// What the best trial gains in the explained metric, against gains and costs in each other metric.

function metrics(width) {
  const { metrics: names, total_text: totals } = data.metrics;
  const n = names.length - 1, columns = width >= 640 && n > 1 ? 2 : 1;
  const each = columns === 2 ? Math.floor((width - 16) / 2) : Math.min(width, 720);
  const pictures = names.slice(1).map((name, k) => scatter(k + 1, each));
  const sums = names.map((name, k) => `${name} ${gainOrCost(totals[k])}`).join(", ");
  const text = "Each point is a hyperparameter at its value in the best trial: what it gains (or costs, below 0) over the "
    + `baseline, predicted. Hollow points are beaten in all metrics by another. All together: ${sums}.`;
  return [html("p", { class: "note" }, text), html("div", { class: "pictures" }, ...pictures)];
}

const gainOrCost = (text) => (text.startsWith("-") ? `costs ${text.slice(1)}` : `gains ${text}`);

function scatter(other, width) {
  const { metrics: names, rows } = data.metrics;
  const height = Math.min(340, Math.max(250, width * 0.62)), top = 26, bottom = height - 40;
  const rangeOf = (k) => {
    const numbers = [0, ...rows.map((row) => row.gains[k] ?? 0)];
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const margin = 0.12 * (high - low) || 1;
    return [low - margin, high + margin];
  };
  const [xs, ys] = [rangeOf(0), rangeOf(other)];
  const marks = ticks(...ys, 4), across = ticks(...xs, width < 420 ? 3 : 5);
  const left = roomFor(marks.map((value) => tickText(value, marks)), 90) + 10, right = width - 12;
  const x = scale(...xs, left, right), y = scale(...ys, bottom, top);
  const image = picture(width, height, `gains in ${names[0]} against gains in ${names[other]}; the table has the numbers`);
  for (const value of marks) {
    image.append(line(left, y(value), right, y(value), value === 0 ? "axis" : "grid"));
    image.append(label(left - 6, y(value) + 4, tickText(value, marks), "muted", "end"));
  }
  for (const value of across) {
    image.append(line(x(value), top, x(value), bottom, value === 0 ? "axis" : "grid"));
    const text = tickText(value, across), half = widthOf(text) / 2;
    image.append(label(clamp(x(value), left + half - 6, width - half), bottom + 16, text, "muted", "middle"));
  }
  image.append(label(left + 2, 14, fit(`gain in ${names[other]} ↑`, width - left - 10), "muted"));
  image.append(label(right, height - 6, fit(`gain in ${names[0]} →`, width - left), "muted", "end"));
  image.append(...namedPoints(rows, other, x, y, [left, right, top, bottom]));
  return image;
}

// Points that would lie below one another's names keep their names in the tooltip and the table.
function namedPoints(rows, other, x, y, [left, right, top, bottom]) {
  const taken = rows.map((row) => ({ x: x(row.gains[0]) - 6, y: y(row.gains[other]) - 6, w: 12, h: 12 }));
  const order = [...rows.keys()].sort((a, b) => rows[a].dominated - rows[b].dominated);
  const points = rows.map((row) => svg("circle", {
    cx: x(row.gains[0]), cy: y(row.gains[other]), r: 5, class: row.dominated ? "trade beaten" : "trade",
  }, svg("title", {}, `${row.label}: ${row.text[0]} and ${row.text[other]}`)));
  const names = order.map((k) => {
    const [cx, cy] = [x(rows[k].gains[0]), y(rows[k].gains[other])];
    const text = fit(data.short[rows[k].members[0]] ?? rows[k].label, (right - left) * 0.45), w = widthOf(text);
    const places = [[cx + 7, cy - 6], [cx - 7 - w, cy - 6], [cx + 7, cy + 16], [cx - 7 - w, cy + 16]];
    const free = places.find(([px, py]) => px >= left && px + w <= right && py - 11 >= top && py + 3 <= bottom
      && !taken.some((box) => px < box.x + box.w && box.x < px + w && py - 11 < box.y + box.h && box.y < py + 3
        && !(Math.abs(box.x + 6 - cx) < 0.5 && Math.abs(box.y + 6 - cy) < 0.5)));
    if (!free) return null;
    taken.push({ x: free[0], y: free[1] - 11, w, h: 14 });
    return label(free[0], free[1], text, rows[k].dominated ? "muted halo trade-name" : "halo trade-name");
  });
  return [...points, ...names.filter((name) => name !== null)];
}
