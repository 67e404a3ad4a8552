// Predicted against measured scores of held-out trials.

// Few extreme trials would press all others into a corner: limits are quantiles, the rest lies on the rim.
function rim(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, high] = [at(0.02), at(0.98)];
  const margin = 0.15 * (high - low) || Math.abs(high) * 0.05 || 1;
  return [Math.max(sorted[0], low - margin), Math.min(sorted[sorted.length - 1], high + margin)];
}

function trust(width) {
  const { measured, predicted, outlier } = data.predictions;
  if (!measured.length) return [html("p", { class: "note" }, "No trial was held out.")];
  let [low, high] = rim([...measured, ...predicted]);
  const margin = high - low > rounding(low, high) ? 0.04 * (high - low) : Math.abs(high) * 0.01 || 1;
  low -= margin;
  high += margin;
  const height = Math.min(380, Math.max(260, width * 0.7)), bottom = height - 40, right = width - 12;
  const marks = ticks(low, high, width < 480 ? 3 : 4);
  const left = roomFor(marks.map((value) => tickText(value, marks)), 90) + 10;
  const x = scale(low, high, left, right), y = scale(low, high, bottom, 18);
  const image = picture(width, height, "predicted against measured scores of held-out trials");
  for (const value of marks) {
    image.append(line(left, y(value), right, y(value), "grid"), line(x(value), 18, x(value), bottom, "grid"));
    image.append(label(left - 6, y(value) + 4, tickText(value, marks), "muted", "end"));
    image.append(label(x(value), bottom + 16, tickText(value, marks), "muted", "middle"));
  }
  image.append(line(x(low), y(low), x(high), y(high), "diagonal"));
  let outside = 0;
  measured.forEach((score, k) => {
    const seen = [clamp(score, low, high), clamp(predicted[k], low, high)];
    if (seen[0] !== score || seen[1] !== predicted[k]) outside += 1;
    image.append(svg("circle", {
      cx: x(seen[0]).toFixed(1), cy: y(seen[1]).toFixed(1), r: 3, class: outlier[k] ? "trial outlier" : "trial",
    }));
  });
  image.append(label(left + 2, 12, "predicted", "muted"), label(right, height - 6, "measured", "muted", "end"));
  const text = `Held-out trials: ${measured.length === data.predictions.n_trials ? "all" : `${measured.length} of`} `
    + `${data.predictions.n_trials}. On the line a prediction is right.`
    + (outside ? ` ${outside} lie beyond the rim.` : "");
  return [html("p", { class: "note" }, text), image];
}
