// The map of pairs: a triangle whose names stand right of the diagonal, so that none is turned. On
// the diagonal are the hyperparameters alone, with a scale of their own. A small square may be nothing.

const LEAST_CELL = 14; // the height of a name

function map(width) {
  const n = data.names.length;
  const wanted = roomFor(data.short, width * 0.4) + 8;
  const cell = Math.max(LEAST_CELL, Math.floor(Math.min(n > 4 ? 54 : 80, (width - wanted) / n)));
  const room = Math.min(wanted, Math.max(40, width - cell * n));
  const image = picture(cell * n + room, cell * n + 2, "map of pairs; the table below has the same numbers");
  const strongest = largest(pairs().map((row) => row.value));
  const heaviest = largest(singles().map((row) => row.value));
  for (const row of game().rows) {
    const [j, i] = row.members.length === 1 ? [row.members[0], row.members[0]] : row.members;
    const share = Math.abs(row.value) / (i === j ? heaviest : strongest);
    image.append(square(row, Math.min(i, j), Math.max(i, j), cell, share));
  }
  data.short.forEach((name, i) => image.append(
    label((i + 1) * cell + 6, i * cell + cell / 2 + 4, fit(name, cell * n + room - (i + 1) * cell - 8))));
  const note = "Diagonal: alone, with a scale of its own. Small squares may be nothing.";
  return [html("p", { class: "note" }, note), image];
}

function square(row, column, line_, cell, share) {
  const inset = certain(row) ? 1 : cell * 0.22;
  const [x, y] = [column * cell, line_ * cell];
  const kind = row.members.length === 1 ? "alone" : sign(row);
  const part = svg("g", { class: `cell ${kind}`, onclick: () => choose(row.members) },
    svg("title", {}, told(row)),
    svg("rect", { x: x + 1, y: y + 1, width: cell - 2, height: cell - 2, class: "back" }),
    svg("rect", {
      x: x + inset, y: y + inset, width: cell - 2 * inset, height: cell - 2 * inset, class: "shape",
      "fill-opacity": 0.06 + 0.94 * share,
    }));
  if (cell >= 44 && certain(row) && widthOf(row.text[0]) < cell) {
    const kindOfText = share > 0.55 ? "on-dark" : "on-light";
    part.append(label(x + cell / 2, y + cell / 2 + 4, row.text[0], kindOfText, "middle"));
  }
  part.dataset.key = keyOf(row.members);
  return part;
}
