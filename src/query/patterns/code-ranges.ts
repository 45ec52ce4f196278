// Sets of characters, as ranges of their code points; both bounds belong to a range.

export type CodeRange = readonly [from: number, to: number];

export const lastCode = 0x10ffff;

/** Everything outside the ranges. */
export function outside(ranges: readonly CodeRange[]): CodeRange[] {
  const result: CodeRange[] = [];
  let next = 0;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (from > next) result.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= lastCode) result.push([next, lastCode]);
  return result;
}

/** Adds the lower case of every character in the ranges: patterns meet lower-cased text. */
export function folded(ranges: readonly CodeRange[]): CodeRange[] {
  const result = [...ranges];
  for (const [from, to] of ranges) {
    for (let code = from; code <= to && code - from < 2048; code++) {
      const lower = String.fromCodePoint(code).toLowerCase().codePointAt(0)!;
      if (lower !== code) result.push([lower, lower]);
    }
  }
  return result;
}
