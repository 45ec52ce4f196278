// Two texts line by line, and what changed inside a line. Pure.

export interface DiffLine {
  kind: 'same' | 'add' | 'del';
  /** Line number, from 1, in the new text (add, same) or in the old one (del). */
  n: number;
  text: string;
  /** The changed part: from, to. */
  mark: [number, number] | null;
}

/** Longest common subsequence of lines; specs are short, so the plain table serves (2,000 x 2,000 lines are cut before). */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  let tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const x = a.slice(head, a.length - tail).slice(0, 2000);
  const y = b.slice(head, b.length - tail).slice(0, 2000);
  const table = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--)
    for (let j = y.length - 1; j >= 0; j--)
      table[i]![j] = x[i] === y[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  const out: DiffLine[] = a.slice(0, head).map((text, i) => ({ kind: 'same', n: i + 1, text, mark: null }));
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) {
      out.push({ kind: 'same', n: head + j + 1, text: y[j]!, mark: null });
      i++;
      j++;
    } else if (i < x.length && (j >= y.length || table[i + 1]![j]! >= table[i]![j + 1]!)) {
      out.push({ kind: 'del', n: head + i + 1, text: x[i]!, mark: null });
      i++;
    } else {
      out.push({ kind: 'add', n: head + j + 1, text: y[j]!, mark: null });
      j++;
    }
  }
  for (let k = 0; k < tail; k++)
    out.push({ kind: 'same', n: b.length - tail + k + 1, text: b[b.length - tail + k]!, mark: null });
  return marked(out);
}

/** A removed line beside an added one: marks what differs between them. */
function marked(lines: DiffLine[]): DiffLine[] {
  for (let i = 0; i + 1 < lines.length; i++) {
    const d = lines[i]!;
    const a = lines[i + 1]!;
    if (d.kind !== 'del' || a.kind !== 'add' || lines[i - 1]?.kind === 'del' || lines[i + 2]?.kind === 'add') continue;
    let from = 0;
    let end = 0;
    while (from < d.text.length && from < a.text.length && d.text[from] === a.text[from]) from++;
    while (
      end < d.text.length - from &&
      end < a.text.length - from &&
      d.text[d.text.length - 1 - end] === a.text[a.text.length - 1 - end]
    )
      end++;
    if (from + end > 2) {
      d.mark = [from, d.text.length - end];
      a.mark = [from, a.text.length - end];
    }
  }
  return lines;
}

/** Changes with `around` lines about them; a gap is null. */
export function hunks(lines: readonly DiffLine[], around: number): (DiffLine | null)[] {
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - around), i + around + 1).some((l) => l.kind !== 'same'));
  const out: (DiffLine | null)[] = [];
  lines.forEach((line, i) => {
    if (near[i]) out.push(line);
    else if (near[i - 1] && near.slice(i).some(Boolean)) out.push(null);
  });
  return out;
}
