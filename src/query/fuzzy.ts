// Edit distance for `word~`: insert, delete, replace, and swap of two neighbours count one each, as in Lucene's fuzzy queries.

/** Edits that `~` without a number allows: none below three characters, one up to five, else two (Elasticsearch's AUTO). */
export function autoEdits(text: string): number {
  const length = [...text].length;
  return length < 3 ? 0 : length <= 5 ? 1 : 2;
}

/**
 * Compiles a test for "at most `edits` changes away from `wanted`" (edits <= 2). Only the diagonal band of the table that can stay within
 * `edits` is computed, so the time is linear in the text.
 */
export function fuzzy(wanted: string, edits: number): (text: string) => boolean {
  if (edits === 0) return (text) => text === wanted;
  const target = Array.from(wanted, (char) => char.codePointAt(0)!);
  const width = target.length + 1;
  let two = new Int32Array(width), one = new Int32Array(width), row = new Int32Array(width);
  const far = edits + 1;
  return (text) => {
    if (text.length < target.length - edits || text.length > (target.length + edits) * 2) return false;
    const source = Array.from(text, (char) => char.codePointAt(0)!);
    if (Math.abs(source.length - target.length) > edits) return false;
    for (let column = 0; column < width; column++) one[column] = Math.min(column, far);
    for (let line = 1; line <= source.length; line++) {
      const from = Math.max(1, line - edits), to = Math.min(target.length, line + edits);
      row.fill(far);
      row[0] = Math.min(line, far);
      let best = row[0];
      for (let column = from; column <= to; column++) {
        let cost = Math.min(one[column]! + 1, row[column - 1]! + 1, one[column - 1]! + (source[line - 1] === target[column - 1] ? 0 : 1));
        if (line > 1 && column > 1 && source[line - 1] === target[column - 2] && source[line - 2] === target[column - 1]) {
          cost = Math.min(cost, two[column - 2]! + 1);
        }
        row[column] = Math.min(cost, far);
        if (cost < best) best = cost;
      }
      if (best > edits && line > 1) return false;
      [two, one, row] = [one, row, two];
    }
    return one[target.length]! <= edits;
  };
}
