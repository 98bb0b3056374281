/* A table of fields by keyboard, and blocks pasted from a spreadsheet. */

/* The fields of every table as rows of fields, in the order of the page; hidden rows are left out. */
export function grids() {
  return [...document.querySelectorAll("table.grid")].map((table) => [...table.tBodies[0].rows]
    .filter((row) => row.offsetParent !== null || row.getClientRects().length)
    .map((row) => [...row.cells].filter((cell) => cell.tagName === "TD").map((cell) => cell.querySelector("input, select"))));
}
function placeOf(field, all) {
  for (let table = 0; table < all.length; table += 1) {
    for (let row = 0; row < all[table].length; row += 1) {
      const column = all[table][row].indexOf(field);
      if (column >= 0) { return { table, row, column }; }
    }
  }
  return null;
}
function go(field) {
  if (!field) { return false; }
  field.focus();
  if (field.select) { field.select(); }
  return true;
}
/* The next field in a direction: over gaps, into the next table at the end of one. */
function next(field, down, right) {
  const all = grids(), at = placeOf(field, all);
  if (!at) { return null; }
  if (right) {
    const row = all[at.table][at.row];
    for (let column = at.column + right; column >= 0 && column < row.length; column += right) { if (row[column]) { return row[column]; } }
    return null;
  }
  for (let table = at.table, row = at.row + down; table >= 0 && table < all.length;) {
    const rows = all[table];
    if (row < 0 || row >= rows.length) {
      table += down;
      if (all[table]) { row = down > 0 ? 0 : all[table].length - 1; }
      continue;
    }
    const found = rows[row][at.column] || (table !== at.table && rows[row].find(Boolean));
    if (found) { return found; }
    row += down;
  }
  return null;
}

export function onKey(event) {
  const field = event.target;
  if (!field.closest("table.grid") || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) { return; }
  const isSelect = field.tagName === "SELECT";
  const start = isSelect || field.selectionStart === 0, end = isSelect || field.selectionEnd === field.value.length;
  let found = null;
  if (event.key === "Enter") { found = next(field, event.shiftKey ? -1 : 1, 0) || field; }
  else if (event.shiftKey) { return; }
  else if (event.key === "ArrowDown" && !isSelect) { found = next(field, 1, 0); }
  else if (event.key === "ArrowUp" && !isSelect) { found = next(field, -1, 0); }
  else if (event.key === "ArrowLeft" && start) { found = next(field, 0, -1); }
  else if (event.key === "ArrowRight" && end) { found = next(field, 0, 1); }
  if (found) { event.preventDefault(); go(found); }
}

/* Cells of a spreadsheet as it puts them on the clipboard: tabs, lines, quotes around what has either inside. */
export function pasted(text) {
  const rows = [[]];
  let at = 0, cell = "", quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const put = () => { rows[rows.length - 1].push(cell); cell = ""; };
  for (; at < source.length; at += 1) {
    const c = source[at];
    if (quoted) {
      if (c === '"' && source[at + 1] === '"') { cell += '"'; at += 1; }
      else if (c === '"') { quoted = false; }
      else { cell += c; }
    } else if (c === '"' && cell === "") { quoted = true; }
    else if (c === "\t") { put(); }
    else if (c === "\n") { put(); rows.push([]); }
    else { cell += c; }
  }
  put();
  return rows;
}
/* Put pasted cells from a field on, to the right and down. `put(field, text)` takes each; returns what had no place. */
export function fill(field, rows, put) {
  const all = grids(), at = placeOf(field, all), over = [];
  if (!at) { return over; }
  const places = all.slice(at.table).flatMap((table, index) => (index ? [] : table.slice(at.row)));
  rows.forEach((cells, down) => cells.forEach((text, right) => {
    const found = places[down] && places[down][at.column + right];
    if (found) { put(found, text.trim()); } else if (text.trim()) { over.push(text.trim()); }
  }));
  return over;
}
