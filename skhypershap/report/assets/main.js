// Draws everything, and again when the game or the width changes.

const charts = { bars, graph, map, curves, path, subsets, history, more, metrics, trust };
const ofGames = ["bars", "graph", "map"];

function draw(name) {
  const box = byId(name);
  if (box) box.replaceChildren(...charts[name](Math.max(260, Math.floor(box.clientWidth))));
}

function switchTo(position) {
  state.game = position;
  document.querySelectorAll("#games button").forEach((button, k) =>
    button.setAttribute("aria-pressed", String(k === position)));
  byId("question").textContent = game().question;
  if (byId("threshold")) byId("threshold").value = firstThreshold();
  ofGames.forEach(draw);
  showChosen();
}

function startGames() {
  const buttons = data.games.map((one, k) => html("button", {
    type: "button", "aria-pressed": "false", onclick: () => switchTo(k),
  }, one.game));
  byId("games").append(html("div", { role: "group", "aria-label": "Game" }, ...buttons),
    html("p", { id: "question", "aria-live": "polite" }));
}

function startControls() {
  if (byId("threshold")) {
    byId("threshold").addEventListener("input", applyThreshold);
    byId("rearrange").addEventListener("click", rearrange);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.chosen !== null) choose(state.chosen);
  });
}

// A picture is as wide as its box, so texts keep their size on a phone.
function watchWidth() {
  let width = byId("main").clientWidth;
  new ResizeObserver(() => {
    if (byId("main").clientWidth === width) return;
    width = byId("main").clientWidth;
    Object.keys(charts).forEach(draw);
    showChosen();
  }).observe(byId("main"));
}

function start() {
  document.documentElement.classList.add("live");
  startGames();
  startControls();
  switchOffFlatteners();
  const first = firstSingle().members[0];
  state.axis = Math.max(0, data.effects.axes.findIndex((one) => one.hyperparameter === first));
  ["curves", "path", "subsets", "history", "more", "metrics", "trust"].forEach(draw);
  switchTo(0);
  startTable();
  document.querySelectorAll(".chart ~ details").forEach((part) => part.removeAttribute("open"));
  watchWidth();
}

start();
