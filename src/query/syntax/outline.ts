// What is open at the end of a query that the grammar refused.

/** Brackets, quotes and slashes as far as the text goes, seen the way the grammar sees them. */
export interface Outline {
  open: { char: string; at: number }[];
  quote: number;
  slash: number;
  stray: number;
}

export function outline(text: string): Outline {
  const found: Outline = { open: [], quote: -1, slash: -1, stray: -1 };
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\') at++;
    else if (char === '"' || char === '/') {
      let end = at + 1;
      while (end < text.length && text[end] !== char) end += text[end] === '\\' ? 2 : 1;
      if (end >= text.length) {
        found[char === '"' ? 'quote' : 'slash'] = at;
        return found;
      }
      at = end;
    } else if (char === '(' || char === '[' || char === '{') found.open.push({ char, at });
    else if (char === ')' || char === ']' || char === '}') {
      const last = found.open[found.open.length - 1];
      if (last !== undefined && (last.char === '(') === (char === ')')) found.open.pop();
      else if (found.stray < 0) found.stray = at;
    }
  }
  return found;
}
