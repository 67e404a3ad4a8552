// What is chosen: in all pictures at once, and in words.

function choose(members) {
  const key = keyOf(members);
  state.chosen = state.chosen !== null && keyOf(state.chosen) === key ? null : members;
  if (state.chosen !== null && members.length === 1) showAxisOf(members[0]);
  showChosen();
}

function showChosen() {
  const key = state.chosen === null ? null : keyOf(state.chosen);
  document.body.classList.toggle("has-choice", key !== null);
  for (const part of document.querySelectorAll("[data-key]")) {
    const own = part.dataset.key;
    part.classList.toggle("chosen", own === key);
    part.classList.toggle("related", key !== null && related(own.split("-").map(Number)));
    part.querySelector("[aria-pressed]")?.setAttribute("aria-pressed", String(own === key));
  }
  if (byId("details")) byId("details").replaceChildren(...details());
}

// A single is related to its pairs, a pair to its two singles.
const related = (members) => (members.length >= state.chosen.length
  ? state.chosen.every((i) => members.includes(i))
  : members.every((i) => state.chosen.includes(i)));

function details() {
  const members = state.chosen ?? firstSingle().members;
  const row = game().rows.find((one) => keyOf(one.members) === keyOf(members));
  const hint = "Select a hyperparameter or a pair in a picture. The largest, for example:";
  const parts = [state.chosen === null ? html("p", { class: "note hint" }, hint) : null];
  parts.push(html("h3", {}, fullName(members)));
  if (row) parts.push(html("p", {}, sentence(row)));
  parts.push(valuesOf(members));
  if (members.length === 1) parts.push(settingsOf(members[0]), partnersOf(members[0]));
  return parts.filter((part) => part !== null);
}

// The sentences are Python's; here only names and numbers are put in, all at once, as text.
function sentence(row) {
  const fields = {
    a: data.names[row.members[0]], b: data.names[row.members[1]],
    value: row.text[0].replace(/^-/, ""), low: row.text[1], high: row.text[2],
  };
  return game().meanings[row.kind].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
}

function tableOf(head, rows) {
  const cells = (tag, texts) => texts.map((text, i) =>
    html(i === 0 || tag === "th" ? "th" : "td", { scope: tag === "th" ? "col" : i === 0 ? "row" : null },
      text));
  return html("table", {},
    html("thead", {}, html("tr", {}, ...cells("th", head))),
    html("tbody", {}, ...rows.map((texts) => html("tr", {}, ...cells("td", texts)))));
}

function valuesOf(members) {
  const rows = data.games.map((one) => {
    const row = one.rows.find((other) => keyOf(other.members) === keyOf(members));
    return [one.game, row ? row.text[0] : "–", row && row.low !== null ? `${row.text[1]} to ${row.text[2]}` : "–"];
  });
  return tableOf(["game", "value", "90 % interval"], rows);
}

function settingsOf(i) {
  const found = data.configurations.rows.find((row) => row.name === data.names[i]);
  if (!found) return null;
  const text = data.configurations.columns.map((column, k) => `${column}: ${found.texts[k]}`).join(", ");
  return html("p", {}, `${text}.`);
}

function partnersOf(i) {
  const rows = pairs().filter((row) => row.members.includes(i))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 5);
  if (!rows.length) return null;
  const buttons = rows.map((row) => {
    const other = row.members.find((j) => j !== i);
    return html("li", {}, html("button", {
      type: "button", class: "link", onclick: () => choose(row.members),
    }, data.names[other]), ` ${row.text[0]}${interval(row)}`);
  });
  return html("div", {}, html("p", { class: "note" }, "Largest pairs with:"), html("ul", {}, ...buttons));
}
