// Words in order.

/** Longer phrases must stand exactly. */
const mostMoved = 32;

/**
 * Are all `wanted` words in `words`, in this order and next to each other, or with at most `slop` moves? As in Lucene, swapping two
 * neighbours takes two moves.
 */
export function hasPhrase(words: readonly string[], wanted: readonly string[], slop: number): boolean {
  if (wanted.length === 0 || words.length < wanted.length) return false;
  if (wanted.length === 1) return words.includes(wanted[0]!);
  if (slop > 0 && wanted.length <= mostMoved) return hasNear(words, wanted, slop);
  for (let start = 0; start + wanted.length <= words.length; start++) {
    let at = 0;
    while (at < wanted.length && words[start + at] === wanted[at]) at++;
    if (at === wanted.length) return true;
  }
  return false;
}

/**
 * A phrase that would begin at `start` wants its word k at `start + k`; with moves every word may stand up to `slop` later than that. So:
 * is there a start from which each word finds a place of its own in its span? The earliest free place is always a right choice.
 */
function hasNear(words: readonly string[], wanted: readonly string[], slop: number): boolean {
  const places = new Map<string, number[]>(wanted.map((word) => [word, []]));
  words.forEach((word, at) => places.get(word)?.push(at));
  const starts = new Set(wanted.flatMap((word, offset) => places.get(word)!.map((at) => at - offset)));
  for (const start of starts) {
    const next = new Map<string, number>(); // the first place of a word that is not taken
    const fits = wanted.every((word, offset) => {
      const list = places.get(word)!;
      let index = next.get(word) ?? 0;
      while (index < list.length && list[index]! < start + offset) index++;
      next.set(word, index + 1);
      return index < list.length && list[index]! <= start + offset + slop;
    });
    if (fits) return true;
  }
  return false;
}
