// The table of all values: sorted by a column, searched, and saved. Its rows are in the page already.

const COLUMNS = {
  interaction: (row) => row.label,
  game: (row, one) => one.game,
  value: (row) => row.value,
  low: (row) => row.low,
  high: (row) => row.high,
  order: (row) => row.members.length,
  measure: (row, one) => one.measure,
};

let records = [];

function startTable() {
  const elements = [...document.querySelectorAll("#values tbody tr")];
  const rows = data.games.flatMap((one) => one.rows.map((row) => ({ row, one })));
  records = rows.map(({ row, one }, k) => ({
    element: elements[k],
    cells: Object.values(COLUMNS).map((cell) => cell(row, one)),
    words: `${row.label} ${one.game}`.toLowerCase(),
  }));
  document.querySelectorAll("#values thead th").forEach((head, column) => {
    const button = html("button", { type: "button", onclick: () => sortBy(head, column) }, head.textContent);
    head.replaceChildren(button);
  });
  byId("search").addEventListener("input", search);
  byId("csv").addEventListener("click", () => save("skhypershap.csv", csv(), "text/csv"));
  byId("json").addEventListener("click", () => save("skhypershap.json", JSON.stringify(data), "application/json"));
  search();
}

function sortBy(head, column) {
  const up = head.getAttribute("aria-sort") === "descending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const way = up ? 1 : -1;
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null); // missing ones last, either way
    return way * (typeof a === "number" ? a - b : a.localeCompare(b));
  };
  records.sort((one, other) => compare(one.cells[column], other.cells[column]));
  document.querySelector("#values tbody").append(...records.map(({ element }) => element));
}

function search() {
  const wanted = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const record of records) {
    record.found = wanted.every((word) => record.words.includes(word));
    record.element.classList.toggle("hidden", !record.found);
    found += record.found;
  }
  byId("found").textContent = `${found} of ${records.length} rows`;
}

// Spreadsheets run text that begins like a formula; a quote before it keeps it text.
function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^\s*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${text.replace(/"/g, '""')}"`;
}

// What is found, as it is sorted.
function csv() {
  const shown = records.filter((record) => record.found);
  const lines = [Object.keys(COLUMNS), ...shown.map((record) => record.cells)];
  return `\ufeff${lines.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

function save(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
