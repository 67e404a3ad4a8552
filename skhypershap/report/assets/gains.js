// The path from the baseline to the best trial, and the best subset of each size.

function path(width) {
  const steps = data.path, step = 26, top = 2;
  const left = roomFor(steps.map(stepName), width * 0.36) + 8;
  const texts = steps.map(stepText);
  const right = width - roomFor(texts, width * 0.38) - 8;
  const scores = steps.map((one) => one.score);
  const x = scale(Math.min(...scores), Math.max(...scores), left + 4, right - 4);
  const image = picture(width, top + steps.length * step + 4, "path from the baseline to the best trial");
  steps.forEach((one, i) => {
    const y = top + i * step, from = i ? steps[i - 1].score : one.score;
    const kind = one.gain < 0 ? "negative certain" : "positive certain";
    const part = svg("g", { class: `bar ${i ? kind : "start"}` },
      svg("title", {}, i ? `${one.name}: ${one.from} → ${one.to}, gain ${one.text[1]}` : "baseline"),
      label(left, y + 17, fit(stepName(one), left - 4), "", "end"),
      svg("rect", {
        x: Math.min(x(from), x(one.score)) - (i ? 0 : 1), y: y + 5,
        width: Math.max(2, Math.abs(x(one.score) - x(from))), height: step - 10, class: "shape",
      }),
      label(right + 4, y + 17, fitStep(one, width - right - 6), "value"));
    if (i + 1 < steps.length) part.append(line(x(one.score), y + step - 5, x(one.score), y + step + 5, "axis"));
    image.append(part);
  });
  const note = `Predicted ${data.metric} after each change, the largest gain first.`;
  return [html("p", { class: "note" }, note), image];
}

const stepName = (one) => (one.name === null ? "baseline" : data.short[data.names.indexOf(one.name)] ?? one.name);
const signed = (text) => (text.startsWith("-") ? text : `+${text}`);
const stepText = (one) => (one.name === null ? one.text[0] : `${signed(one.text[1])} → ${one.to}`);

// The gain is never cut off, the new value may be.
function fitStep(one, room) {
  const gain = signed(one.text[1]), rest = room - widthOf(`${gain} → `);
  if (one.name === null || widthOf(stepText(one)) <= room) return stepText(one);
  return rest < 24 ? gain : `${gain} → ${fit(one.to, rest)}`;
}

// Columns are the best subsets by size, rows the hyperparameters in the order in which they join.
function subsets(width) {
  const rows = data.subsets;
  const order = [...new Set(rows.flatMap((row) => row.members))];
  const names = order.map((i) => data.short[i]);
  const left = roomFor(names, width * 0.4) + 10;
  const column = Math.min(60, (width - left - 4) / rows.length), top = 130, step = 20;
  const image = picture(width, top + order.length * step + 4, "best subset of each size and its gain");
  const most = largest(rows.map((row) => row.gain));
  order.forEach((i, k) => {
    const y = top + k * step;
    image.append(svg("rect", { x: left, y, width: column * rows.length, height: step - 1, class: k % 2 ? "none" : "band" }));
    image.append(label(left - 6, y + 14, fit(names[k], left - 8), "", "end"));
  });
  let free = -Infinity;
  rows.forEach((row, k) => {
    const x = left + column * (k + 0.5), tall = (Math.abs(row.gain) / most) * (top - 30);
    const part = svg("g", { class: `bar ${row.gain < 0 ? "negative" : "positive"} certain` },
      svg("title", {}, `${fullName(row.members)}: ${row.text[0]}, ${row.text[1]}`),
      svg("rect", {
        x: x - column * 0.34, y: top - 8 - tall, width: column * 0.68, height: Math.max(1, tall), class: "shape",
      }));
    const text = row.text[1], half = widthOf(text) / 2;
    if (x - half > free && x + half <= width) {
      part.append(label(x, top - 13 - tall, text, "value", "middle"));
      free = x + half + 3;
    }
    const ys = row.members.map((i) => top + order.indexOf(i) * step + 9.5);
    part.append(line(x, Math.min(...ys), x, Math.max(...ys), "link"));
    for (const y of ys) part.append(svg("circle", { cx: x, cy: y, r: Math.min(5, column * 0.36), class: "member" }));
    image.append(part);
  });
  const note = "Share of the gain of tuning all, if only the best 1, 2, 3, … are tuned.";
  return [html("p", { class: "note" }, note), image];
}
