// Ranks what the palette finds. Pure.
export interface Choice {
  id: string;
  name: string;
  /** More words it is found by. */
  words: string;
  note: string;
  glyph: string;
  /** The higher the earlier, among equals. */
  weight: number;
  /** Of a kind with very many: at most `mostOfMany` of them are shown. */
  many?: boolean;
  run: () => void;
}

const mostOfMany = 5;

/** How well every word of the text is found: whole name, beginning of it, beginning of a word, anywhere. Null: not at all. */
function score(choice: Pick<Choice, 'name' | 'words'>, text: string): number | null {
  const name = choice.name.toLowerCase();
  const words = `${name} ${choice.words.toLowerCase()}`;
  let total = 0;
  for (const term of text.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (name === term) total += 8;
    else if (name.startsWith(term)) total += 6;
    else if (new RegExp(`[\\s._-]${term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).test(` ${words}`)) total += 4;
    else if (words.includes(term)) total += 1;
    else return null;
  }
  return total;
}

/** The best `limit`, best first; with no text the heaviest. */
export function ranked<C extends Choice>(choices: readonly C[], text: string, limit: number): C[] {
  const found: { choice: C; score: number; at: number }[] = [];
  choices.forEach((choice, at) => {
    const points = score(choice, text);
    if (points !== null) found.push({ choice, score: points * 10 + choice.weight, at });
  });
  let many = 0;
  return found
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map((f) => f.choice)
    .filter((c) => !c.many || many++ < mostOfMany)
    .slice(0, limit);
}
