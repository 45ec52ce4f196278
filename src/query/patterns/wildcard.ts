// Wildcards without a regular expression: the pattern is cut at its stars, and each piece is looked for from the left, once. No
// backtracking into an earlier star is ever needed, so the time is bounded by pattern length x text length, whatever the pattern.

const anyCharacter = -1; // '?': any one character

/** A piece between stars, as code points; `plain` is its text when it has no '?', to search with indexOf. */
interface Piece {
  codes: number[];
  plain: string | null;
}

interface Wildcard {
  matches(text: string): boolean;
  /** What every match begins with, '' if nothing is known. */
  prefix: string;
  /** Does `prefix` alone decide (a pattern like `web*`)? */
  prefixOnly: boolean;
}

function pieces(pattern: string): Piece[] {
  const all: Piece[] = [];
  let codes: number[] = [];
  let plain: string | null = '';
  const chars = [...pattern];
  for (let at = 0; at < chars.length; at++) {
    let char = chars[at]!;
    if (char === '*') {
      all.push({ codes, plain });
      codes = [];
      plain = '';
      continue;
    }
    if (char === '?') {
      codes.push(anyCharacter);
      plain = null;
      continue;
    }
    if (char === '\\' && at + 1 < chars.length) char = chars[++at]!;
    codes.push(char.codePointAt(0)!);
    if (plain !== null) plain += char;
  }
  all.push({ codes, plain });
  return all;
}

/** Where the piece ends if it stands at `at` in the text, else -1. */
function endAt(piece: Piece, text: string, at: number): number {
  if (piece.plain !== null) return text.startsWith(piece.plain, at) ? at + piece.plain.length : -1;
  for (const wanted of piece.codes) {
    const code = text.codePointAt(at);
    if (code === undefined || (wanted !== anyCharacter && wanted !== code)) return -1;
    at += code > 0xffff ? 2 : 1;
  }
  return at;
}

/** Where the leftmost occurrence of the piece from `at` on ends, else -1. */
function find(piece: Piece, text: string, at: number): number {
  if (piece.plain !== null) {
    const found = text.indexOf(piece.plain, at);
    return found < 0 ? -1 : found + piece.plain.length;
  }
  for (; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) {
    const end = endAt(piece, text, at);
    if (end >= 0) return end;
  }
  return -1;
}

/** Where the piece begins if the text ends with it and that is not before `from`, else -1. */
function tail(piece: Piece, text: string, from: number): number {
  let at = text.length;
  for (let index = piece.codes.length - 1; index >= 0; index--) {
    if (at <= from) return -1;
    const low = text.charCodeAt(at - 1);
    const pair = low >= 0xdc00 && low <= 0xdfff && at - 2 >= from && text.codePointAt(at - 2)! > 0xffff;
    at -= pair ? 2 : 1;
    const wanted = piece.codes[index]!;
    if (wanted !== anyCharacter && wanted !== text.codePointAt(at)) return -1;
  }
  return at;
}

/** Compiles a wildcard pattern: `*` any text, `?` any one character, `\` takes the next character as it is. Compares exactly. */
export function wildcard(pattern: string): Wildcard {
  const all = pieces(pattern);
  const head = all[0]!;
  const last = all[all.length - 1]!;
  const middle = all.slice(1, -1).filter((piece) => piece.codes.length > 0);
  const before = head.codes.indexOf(anyCharacter);
  const prefix = head.plain ?? String.fromCodePoint(...head.codes.slice(0, before));
  const prefixOnly = head.plain !== null && all.length > 1 && middle.length === 0 && last.codes.length === 0;
  function matches(text: string): boolean {
    let at = endAt(head, text, 0);
    if (at < 0) return false;
    if (all.length === 1) return at === text.length;
    for (const piece of middle) {
      at = find(piece, text, at);
      if (at < 0) return false;
    }
    return tail(last, text, at) >= 0;
  }
  return { matches: prefixOnly ? (text) => text.startsWith(prefix) : matches, prefix, prefixOnly };
}
