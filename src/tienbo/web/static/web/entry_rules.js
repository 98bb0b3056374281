/* The checks of a step, worked out as the server does (catalogue.returns.check), in its words, at the cell. */
import { clean, isDay, scaled, spelled, told } from "./entry_numbers.js";

const MEETS = { ">=": (a, b) => a >= b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, "<": (a, b) => a < b, "==": (a, b) => a === b };
const ONE = 10000n;

/* [{code, cell, level, text}] of the faults of a step; `cells` are all those of the draft. */
export function check(rules, cells) {
  const faults = [], read = new Map();
  const say = (code, cell, fields, level = "error") => faults.push({
    code, cell, level, text: rules.words[code].replace(/\{(\w+)\}/g, (_all, name) => fields[name] ?? ""),
  });
  const take = (cell, kind, label) => {
    const text = clean(cells[cell] || "");
    if (!text) { return null; }
    try {
      const figure = spelled(text, kind);
      read.set(cell, figure);
      return figure;
    } catch (wrong) {
      if (!wrong.code) { throw wrong; }
      say(wrong.code, cell, { label, text: text.slice(0, 60), first: wrong.first, second: wrong.second });
      return null;
    }
  };
  if (cells.as_of && !isDay(cells.as_of)) { say("workbook.not_a_date", "as_of", { text: cells.as_of }); }
  for (const [cell, kind, answer, label, column, most] of rules.cells) {
    const figure = take(cell, kind, label);
    if (!figure) { continue; }
    const value = told(figure.value, figure.rest);
    if (figure.value < 0n) { say("return.negative", cell, { label, column, value }); }
    else if (most && figure.value > scaled(most)) { say("return.above_maximum", cell, { label, column, value, most: told(scaled(most)) }); }
    else if (answer !== "decimal" && (figure.value % ONE !== 0n || figure.rest)) { say("return.not_whole", cell, { label, column, value }); }
    else if (answer === "yes_no" && figure.value > ONE) { say("return.not_yes_or_no", cell, { label, column, value }); }
  }
  for (const [code, part, whole, label, part_name, whole_name] of rules.pairs) {
    const got = read.get(part), limit = read.get(whole);
    if (!got || !limit || got.value <= limit.value || limit.qualifier === "at_least") { continue; }
    say(code, part, { label, part_name, whole_name, part: told(got.value, got.rest), whole: told(limit.value, limit.rest) });
  }
  for (const [left, op, right, level, message] of rules.relations) {
    const sums = [left, right].map((side) => side.reduce((sum, cell) => {
      if (sum === null) { return null; }
      let figure = read.get(cell);
      if (!figure && cells[cell]) { try { figure = spelled(cells[cell], "count"); } catch (_wrong) { return null; } }
      return figure ? sum + figure.value : null;
    }, 0n));
    if (sums.includes(null) || MEETS[op](sums[0], sums[1])) { continue; }
    say("return.check_fails", left[0], { message, left: told(sums[0]), right: told(sums[1]) }, level);
  }
  for (const block of rules.blocks) { checkBlock(block, cells, read, take, say); }
  return faults;
}

function checkBlock(block, cells, read, take, say) {
  const rows = block.fields ? rowsOf(block, cells, take) : [];
  const statement = cells[`say/${block.code}`];
  if (statement && block.says[statement]) {
    const figures = [...block.figures.map((cell) => read.get(cell)), ...rows.flatMap((row) => Object.values(row.figures))];
    if (figures.some((one) => one && !(statement === "nil" && one.value === 0n))) {
      say("return.figures_beside_statement", `say/${block.code}`, { block: block.title, statement: block.says[statement] });
    }
  }
  const seen = new Set();
  for (const row of rows) {
    const name = row.name.toLowerCase(), label = row.name || block.title;
    if (!row.name) { say("return.row_without_name", row.at + "name", { block: block.title }); }
    else if (seen.has(name)) { say("return.row_named_twice", row.at + "name", { block: block.title, name: row.name }); }
    seen.add(name);
    for (const [code, kind, column, whole] of block.fields) {
      const figure = row.figures[code], limit = row.figures[whole];
      if (!figure) { continue; }
      const value = told(figure.value, figure.rest);
      if (figure.value < 0n) { say("return.negative", row.at + code, { label, column, value }); }
      else if (figure.value % ONE !== 0n || figure.rest) { say("return.not_whole", row.at + code, { label, column, value }); }
      else if (kind === "yes_no" && figure.value > ONE) { say("return.not_yes_or_no", row.at + code, { label, column, value }); }
      if (limit && figure.value > limit.value) {
        const whole_name = block.fields.find((one) => one[0] === whole)[2];
        say("return.part_exceeds_whole", row.at + code, { label, part_name: column, whole_name, part: value, whole: told(limit.value) });
      }
    }
  }
}

/* The repeating rows that have figures: {at, name, figures}. */
export function rowsOf(block, cells, take) {
  const start = `row/${block.code}/`, keys = new Set();
  Object.keys(cells).forEach((cell) => { if (cell.startsWith(start) && cells[cell]) { keys.add(cell.split("/")[2]); } });
  return [...keys].sort().map((key) => {
    const at = `${start}${key}/`, figures = {};
    block.fields.forEach(([code, kind, label]) => {
      const figure = kind === "name" ? null : take(at + code, kind === "yes_no" ? "yes_no" : "count", label);
      if (figure) { figures[code] = figure; }
    });
    return { at, name: clean(cells[`${at}name`] || ""), figures };
  }).filter((row) => Object.keys(row.figures).length);
}

/* Totals of repeating rows by field, and the figures of the unit that follow from them. */
export function totals(block, cells) {
  const take = (cell, kind) => { try { return cells[cell] ? spelled(cells[cell], kind) : null; } catch (_wrong) { return null; } };
  const rows = rowsOf(block, cells, take);
  const sum = (code) => rows.reduce((all, row) => all + (row.figures[code] ? row.figures[code].value : 0n), 0n);
  const meets = (row, [field, over, op, value]) => {
    const figure = row.figures[field], whole = row.figures[over];
    if (!figure) { return false; }
    if (!over) { return MEETS[op](figure.value, scaled(value)); }
    return Boolean(whole) && whole.value !== 0n && MEETS[op](figure.value * ONE, whole.value * scaled(value));
  };
  return {
    columns: block.fields.map(([code, kind]) => (kind === "count" ? told(sum(code)) : "")),
    counts: block.counts.map(([name, of, tests]) => {
      const kept = rows.filter((row) => tests.every((test) => meets(row, test)));
      const value = of ? kept.reduce((all, row) => all + (row.figures[of] ? row.figures[of].value : 0n), 0n) : BigInt(kept.length) * ONE;
      return [name, told(value)];
    }),
    any: rows.length > 0,
  };
}
