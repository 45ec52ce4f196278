// Where the keys of a JSON text stand: `restart.attempts` -> line, from, to. Reads as far as the text is JSON. Pure.

interface Place {
  /** From 0. */
  line: number;
  /** Columns in the line. */
  from: number;
  to: number;
  /** Offsets in the text of the key (or of the value, in a list). */
  start: number;
  end: number;
}

/** Places by path as the API writes it: `healthChecks[0].path`; '' is the document. */
export function places(text: string): Map<string, Place> {
  const out = new Map<string, Place>();
  const lineStarts = [0];
  for (let i = 0; i < text.length; i++) if (text[i] === '\n') lineStarts.push(i + 1);
  const place = (start: number, end: number): Place => {
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (lineStarts[mid]! <= start) low = mid;
      else high = mid - 1;
    }
    const begin = lineStarts[low]!;
    const stop = lineStarts[low + 1] ?? text.length + 1;
    return { line: low, from: start - begin, to: Math.min(end, stop - 1) - begin, start, end };
  };
  let at = 0;
  const space = (): void => {
    while (at < text.length && /\s/.test(text[at]!)) at++;
  };
  const string = (): string | null => {
    if (text[at] !== '"') return null;
    const begin = at++;
    while (at < text.length && text[at] !== '"' && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
    if (text[at] !== '"') return null;
    at++;
    try {
      return JSON.parse(text.slice(begin, at)) as string;
    } catch {
      return text.slice(begin + 1, at - 1);
    }
  };
  const value = (path: string, depth: number): boolean => {
    space();
    const begin = at;
    if (depth > 60) return false;
    if (text[at] === '{' || text[at] === '[') {
      const list = text[at++] === '[';
      const close = list ? ']' : '}';
      for (let index = 0; ; index++) {
        space();
        if (text[at] === close) {
          at++;
          break;
        }
        const start = at;
        let inner = `${path}[${index}]`;
        if (!list) {
          const key = string();
          if (key === null) return false;
          inner = path === '' ? key : `${path}.${key}`;
          out.set(inner, place(start, at));
          space();
          if (text[at++] !== ':') return false;
        }
        if (!value(inner, depth + 1)) return false;
        if (list) out.set(inner, place(start, at));
        space();
        if (text[at] === ',') {
          at++;
          continue;
        }
        if (text[at] === close) {
          at++;
          break;
        }
        return false;
      }
    } else if (text[at] === '"') {
      if (string() === null) return false;
    } else {
      while (at < text.length && /[^\s,\]}]/.test(text[at]!)) at++;
      if (at === begin) return false;
    }
    if (path === '') out.set('', place(begin, begin + 1));
    return true;
  };
  value('', 0);
  return out;
}

/** The place of a path, or of the nearest thing around it. */
export function placeOf(known: ReadonlyMap<string, Place>, path: string): Place | null {
  for (let p = path; ; p = p.replace(/(\.[^.[\]]+|\[\d+\])$/, '')) {
    const found = known.get(p);
    if (found) return found;
    const shorter = p.replace(/(\.[^.[\]]+|\[\d+\])$/, '');
    if (shorter === p) return known.get('') ?? null;
  }
}
