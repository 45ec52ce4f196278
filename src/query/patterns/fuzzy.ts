// Edit distance for `word~`: insert, delete, replace, and swap of two neighbours count one each, as in Lucene's fuzzy queries.

/** Edits that `~` without a number allows: none below three characters, one up to five, else two (Elasticsearch's AUTO). */
export function autoEdits(text: string): number {
  const length = [...text].length;
  return length < 3 ? 0 : length <= 5 ? 1 : 2;
}

const codesOf = (text: string): number[] => Array.from(text, (char) => char.codePointAt(0)!);

/**
 * Compiles a test for "at most `edits` changes away from `wanted`" (edits <= 2). Only the diagonal band of the table that can stay within
 * `edits` is computed, so the time is linear in the text.
 */
export function fuzzy(wanted: string, edits: number): (text: string) => boolean {
  if (edits === 0) return (text) => text === wanted;
  const target = codesOf(wanted);
  const width = target.length;
  const far = edits + 1;
  let two = new Int32Array(width + 1);
  let one = new Int32Array(width + 1);
  let row = new Int32Array(width + 1);

  function near(source: ArrayLike<number>): boolean {
    if (source.length < width - edits || source.length > width + edits) return false;
    for (let column = 0; column <= width; column++) one[column] = column < far ? column : far;
    for (let line = 1; line <= source.length; line++) {
      const code = source[line - 1]!;
      const last = line > 1 ? source[line - 2]! : -1;
      const from = line > edits ? line - edits : 1;
      const to = line + edits < width ? line + edits : width;
      row[from - 1] = from > 1 ? far : line < far ? line : far;
      let best = row[from - 1]!;
      for (let column = from; column <= to; column++) {
        let cost = one[column - 1]! + (code === target[column - 1] ? 0 : 1);
        if (one[column]! < cost) cost = Math.min(cost, one[column]! + 1);
        if (row[column - 1]! < cost) cost = Math.min(cost, row[column - 1]! + 1);
        const swapped = column > 1 && code === target[column - 2] && last === target[column - 1];
        if (swapped && two[column - 2]! < cost) cost = two[column - 2]! + 1;
        row[column] = cost < far ? cost : far;
        if (cost < best) best = cost;
      }
      if (to < width) row[to + 1] = far; // the next line's band reaches one further
      if (best > edits) return false;
      [two, one, row] = [one, row, two];
    }
    return one[width]! <= edits;
  }

  const units = new Uint16Array((width + edits) * 2);
  return (text) => {
    if (text.length < width - edits || text.length > units.length) return false;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit >= 0xd800 && unit <= 0xdfff) return near(codesOf(text));
      if (at >= width + edits) continue; // too long, unless pairs of units follow
      units[at] = unit;
    }
    return text.length <= width + edits && near(units.subarray(0, text.length));
  };
}
