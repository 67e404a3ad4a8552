// The graph of interactions: nodes are hyperparameters, edges are pairs. Size is |value|, colour the
// sign; what may be nothing by its interval is dashed and pale.

const EDGES_AT_FIRST = 12;
const places = new Map(); // by hyperparameter: x and y from 0 to 1, once it was moved
let graphParts = null; // what a drag moves: geometry, nodes and edges of the picture

function graph(width) {
  const n = data.names.length;
  const height = clamp(Math.ceil(n / 2) * 40 + 60, 280, 560);
  const spacing = (height - 50) / Math.max(1, Math.ceil(n / 2));
  const most = Math.min(26, 0.45 * spacing + 4, width / 16);
  const room = roomFor(data.short, width * 0.25);
  const image = picture(width, height, "graph of interactions: drag, or move with the arrow keys", "group");
  graphParts = { image, width, height, most, room, nodes: new Map(), edges: [] };
  const rows = pairs().filter((row) => row.kind !== "nothing")
    .sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
  const strongest = largest(rows.map((row) => row.value));
  for (const row of rows) graphParts.edges.push(edge(row, strongest));
  const heaviest = largest(singles().map((row) => row.value));
  for (const row of singles()) graphParts.nodes.set(row.members[0], node(row, heaviest));
  image.append(...graphParts.edges.map((one) => one.part));
  const inOrder = [...graphParts.nodes.keys()].sort((a, b) => a - b);
  image.append(...inOrder.map((i) => graphParts.nodes.get(i).part));
  placeAll();
  applyThreshold();
  return [legend(), image];
}

function legend() {
  const key = (kind, text) => html("span", { class: "key" },
    svg("svg", { width: 26, height: 8, "aria-hidden": "true", class: "sample" },
      line(1, 4, 25, 4, kind)), text);
  return html("p", { class: "note" },
    key("edge-key positive certain", "more together"),
    key("edge-key negative certain", "overlap"),
    key("edge-key positive uncertain", "may be nothing"),
    "Size: |value|. Drag, or use the arrow keys.");
}

// Two columns on an ellipse, evenly spaced downwards, so that no two labels share a line.
function homeOf(i) {
  const { width, height, most, room } = graphParts;
  const n = data.names.length, onRight = Math.ceil(n / 2);
  const right = i < onRight;
  const count = right ? onRight : n - onRight;
  const place = right ? i : n - 1 - i;
  const y = count === 1 ? 0.5 : (place + 0.5) / count;
  const reach = Math.max(40, width / 2 - room - most - 8);
  const bow = Math.sqrt(Math.max(0.05, 1 - ((y - 0.5) / 0.56) ** 2));
  const x = width / 2 + (right ? 1 : -1) * reach * Math.max(0.35, bow);
  return { x: x / width, y: (25 + y * (height - 50)) / height };
}

function placeOf(i) {
  const place = places.get(i) ?? homeOf(i);
  return [place.x * graphParts.width, place.y * graphParts.height];
}

function edge(row, strongest) {
  const hit = svg("path", { class: "hit" });
  const stroke = svg("path", {
    class: "stroke", "stroke-width": 1.5 + 9 * Math.abs(row.value) / strongest,
  });
  const part = svg("g", { class: `edge ${look(row)}`, onclick: () => choose(row.members) },
    svg("title", {}, told(row)), hit, stroke);
  return { row, part: choosable(part, hit, row), paths: [hit, stroke] };
}

function node(row, heaviest) {
  const i = row.members[0];
  const radius = 5 + (graphParts.most - 5) * Math.sqrt(Math.abs(row.value) / heaviest);
  const circle = svg("circle", { r: radius, class: "shape" });
  const text = svg("text", { class: "name" });
  const part = svg("g", { class: `node ${look(row)}` }, svg("title", {}, told(row)), circle, text);
  choosable(part, circle, row);
  part.addEventListener("keydown", (event) => moveByKey(event, i));
  part.addEventListener("pointerdown", (event) => startDrag(event, i));
  return { row, part, circle, text, radius };
}

function placeAll() {
  for (const i of graphParts.nodes.keys()) placeNode(i);
  for (const one of graphParts.edges) placeEdge(one);
}

function placeNode(i) {
  const { circle, text, radius } = graphParts.nodes.get(i);
  const [x, y] = placeOf(i);
  const right = x >= graphParts.width / 2;
  circle.setAttribute("cx", x);
  circle.setAttribute("cy", y);
  text.setAttribute("x", right ? x + radius + 5 : x - radius - 5);
  text.setAttribute("y", y + 4);
  text.setAttribute("text-anchor", right ? "start" : "end");
  const room = (right ? graphParts.width - x : x) - radius - 7;
  text.textContent = fit(data.short[i], Math.max(room, 24));
}

// Edges bend towards the middle, so that those along one side do not hide each other.
function placeEdge({ row, paths }) {
  const [[ax, ay], [bx, by]] = row.members.map(placeOf);
  const pull = 0.25;
  const cx = (ax + bx) / 2 + pull * (graphParts.width / 2 - (ax + bx) / 2);
  const cy = (ay + by) / 2 + pull * (graphParts.height / 2 - (ay + by) / 2);
  for (const path of paths) path.setAttribute("d", `M${ax},${ay}Q${cx},${cy} ${bx},${by}`);
}

function moveTo(i, x, y) {
  const { width, height } = graphParts;
  places.set(i, {
    x: clamp(x, 12, width - 12) / width, y: clamp(y, 12, height - 12) / height,
  });
  placeNode(i);
  for (const one of graphParts.edges) if (one.row.members.includes(i)) placeEdge(one);
}

function moveByKey(event, i) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way) return;
  event.preventDefault();
  const [x, y] = placeOf(i);
  moveTo(i, x + 10 * way[0], y + 10 * way[1]);
}

function startDrag(event, i) {
  if (event.button > 0) return;
  const { part } = graphParts.nodes.get(i);
  const toPicture = graphParts.image.getScreenCTM().inverse();
  const [startX, startY] = [event.clientX, event.clientY];
  let moved = false;
  const move = (now) => {
    moved = moved || Math.hypot(now.clientX - startX, now.clientY - startY) > 4;
    if (!moved) return;
    const place = new DOMPoint(now.clientX, now.clientY).matrixTransform(toPicture);
    moveTo(i, place.x, place.y);
  };
  const end = () => {
    part.removeEventListener("pointermove", move);
    part.removeEventListener("pointerup", end);
    part.removeEventListener("pointercancel", end);
    if (!moved) choose([i]);
  };
  part.setPointerCapture(event.pointerId);
  part.addEventListener("pointermove", move);
  part.addEventListener("pointerup", end);
  part.addEventListener("pointercancel", end);
}

// The slider is quadratic: most pairs are small, and there one needs fine steps.
const thresholdOf = (position) =>
  (position / 100) ** 2 * largest(pairs().map((row) => row.value));

function firstThreshold() {
  const sizes = pairs().map((row) => Math.abs(row.value)).sort((a, b) => b - a);
  if (sizes.length <= EDGES_AT_FIRST) return 0;
  const wanted = Math.sqrt(sizes[EDGES_AT_FIRST - 1] / (sizes[0] || 1)) * 100;
  return Math.min(100, Math.floor(wanted));
}

function applyThreshold() {
  const least = thresholdOf(Number(byId("threshold").value));
  let shown = 0;
  for (const { row, part } of graphParts.edges) {
    const visible = Math.abs(row.value) >= least;
    part.classList.toggle("hidden", !visible);
    shown += visible;
  }
  byId("threshold-text").textContent = `${number(least, 2)}: ${shown} of ${pairs().length} pairs`;
}

function rearrange() {
  places.clear();
  placeAll();
}
