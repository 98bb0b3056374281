/* Numbers as people type them, read as the server reads them (papers.workbook.numbers). Exact: whole ten-thousandths. */
const ONE = 10000n;
const MARKS = /[\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323]/g;
const LARGEST = 10n ** 14n * ONE;

export function clean(text) {
  return text.normalize("NFC").replace(/[\s\u00a0\u2007\u202f\u200b\ufeff]+/g, " ").trim();
}
export function fold(text) {
  return clean(text).replace(/[ĐÐ]/g, "D").replace(/[đð]/g, "d").normalize("NFD").replace(MARKS, "").normalize("NFC").toLowerCase();
}

/* {value, qualifier}; throws {code, first, second} for what is no number or two. */
export function spelled(text, kind) {
  let plain = clean(text).replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[−‒–]/g, "-");
  let qualifier = "exact";
  if (/^\p{L}/u.test(plain)) {
    plain = fold(plain);
    const about = /^uoc(?: (?:tinh|dat|thuc hien))?(?=[ \d])\s*/.exec(plain), over = /^(?:tren|hon)(?=[ \d])\s*/.exec(plain);
    if (about) { plain = plain.slice(about[0].length); qualifier = "estimate"; }
    else if (over) { plain = plain.slice(over[0].length); qualifier = "at_least"; }
    else if (kind === "yes_no") {
      if (plain === "co" || plain === "yes") { return { value: ONE, qualifier }; }
      if (plain === "khong" || plain === "no") { return { value: 0n, qualifier }; }
      throw bad(kind);
    }
  }
  if (kind === "percent" && plain.endsWith("%")) { plain = plain.slice(0, -1).trimEnd(); }
  const minus = plain.startsWith("-");
  const number = unsigned((minus ? plain.slice(1) : plain).trimStart(), kind);
  const value = minus ? -number.value : number.value;
  if (kind === "yes_no" && value !== 0n && value !== ONE) { throw bad(kind); }
  if ((value < 0n ? -value : value) >= LARGEST) { throw { code: "workbook.number_out_of_range" }; }
  if (kind !== "count" && number.rest) { throw { code: "workbook.too_many_decimals" }; }
  return { value, qualifier, rest: number.rest };
}

function bad(kind) { return { code: kind === "yes_no" ? "workbook.not_yes_or_no" : "workbook.not_a_number" }; }

function unsigned(text, kind) {
  const spaced = /^\d{1,3}(?: \d{3})+(?=$|,)/.exec(text);
  if (spaced) { text = spaced[0].replace(/ /g, "") + text.slice(spaced[0].length); }
  if (/^\d+$/.test(text)) { return exact(text, ""); }
  if (/^\d{1,3}(?:\.\d{3})+,\d+$/.test(text)) { return exact(...text.replace(/\./g, "").split(",")); }
  if (/^\d{1,3}(?:,\d{3})+\.\d+$/.test(text)) { return exact(...text.replace(/,/g, "").split(".")); }
  if (/^\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})$/.test(text)) { return exact(text.replace(/[.,]/g, ""), ""); }
  const found = /^(\d+)([.,])(\d+)$/.exec(text);
  if (!found) { throw bad(kind); }
  const [, head, mark, tail] = found;
  const group = head.length <= 3 && head[0] !== "0" && tail.length === 3, whole = kind === "count" || kind === "yes_no";
  if (mark === "." && whole && group) { return exact(head + tail, ""); }
  if (group || (mark === "." && whole)) { throw { code: "workbook.number_ambiguous", first: head + tail, second: `${head},${tail}` }; }
  return exact(head, tail);
}
function exact(head, tail) {
  tail = tail.replace(/0+$/, "");
  return { value: BigInt(head) * ONE + BigInt(tail.slice(0, 4).padEnd(4, "0")), rest: tail.slice(4) };
}

const BEFORE = { exact: "", estimate: "ước ", at_least: "trên " };

/* The one spelling of what a cell says; what cannot be read stays as it was typed. */
export function tidy(text, kind) {
  if (!kind || kind === "day") { return text.normalize("NFC").replace(/\r\n/g, "\n").trim(); }
  const plain = clean(text);
  if (!plain) { return ""; }
  try {
    const { value, qualifier, rest } = spelled(plain, kind);
    if (rest) { return plain; }
    let said = plainly(value);
    if (/,\d{3}$/.test(said)) { said += "0"; }
    return BEFORE[qualifier] + said;
  } catch (wrong) {
    if (!wrong.code) { throw wrong; }
    return plain;
  }
}
function plainly(value) {
  const size = value < 0n ? -value : value, tail = (size % ONE).toString().padStart(4, "0").replace(/0+$/, "");
  return (value < 0n ? "-" : "") + size / ONE + (tail ? "," + tail : "");
}
/* As its reader writes it: 1.234,5 in Vietnamese, 1,234.5 in English. */
export function told(value, rest) {
  let [head, tail] = (plainly(value) + (rest || "")).split(",");
  head = head.replace(/\B(?=(\d{3})+(?!\d))/g, ".");
  const said = tail ? `${head},${tail}` : head;
  return document.documentElement.lang === "vi" ? said : said.replace(/[.,]/g, (c) => (c === "." ? "," : "."));
}
/* In its field: thousands grouped where that is read in one way only. */
export function shown(text, kind) {
  if (kind !== "count" || document.documentElement.lang !== "vi") { return text; }
  const found = /^(ước |trên |)(-?\d{4,})$/.exec(text);
  return found ? found[1] + found[2].replace(/\B(?=(\d{3})+(?!\d))/g, ".") : text;
}
/* A number of a definition ("0.30") in ten-thousandths. */
export function scaled(text) {
  const [head, tail = ""] = String(text).split(".");
  return BigInt(head) * ONE + BigInt(tail.slice(0, 4).padEnd(4, "0"));
}
export function isDay(text) {
  const found = /^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})$/.exec(text.trim()), iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  const [year, month, day] = found ? [found[3], found[2], found[1]] : iso ? iso.slice(1) : [];
  if (!year) { return false; }
  const made = new Date(Date.UTC(+year, +month - 1, +day));
  return made.getUTCMonth() === +month - 1 && made.getUTCDate() === +day;
}
