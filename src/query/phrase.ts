// Words in order.

/**
 * Are all `wanted` words in `words`, in this order and next to each other, or with at most `slop` moves? As in Lucene, swapping two
 * neighbours takes two moves.
 */
export function hasPhrase(words: readonly string[], wanted: readonly string[], slop: number): boolean {
  if (wanted.length === 0 || words.length === 0) return false;
  if (wanted.length === 1) return words.includes(wanted[0]!);
  if (slop > 0) return hasNear(words, wanted, slop);
  for (let start = 0; start + wanted.length <= words.length; start++) {
    let at = 0;
    while (at < wanted.length && words[start + at] === wanted[at]) at++;
    if (at === wanted.length) return true;
  }
  return false;
}

/** The smallest window over one position of each wanted word, each position counted from where the word should stand. */
function hasNear(words: readonly string[], wanted: readonly string[], slop: number): boolean {
  const places: { at: number; of: number }[] = [];
  words.forEach((word, position) => {
    for (let of = 0; of < wanted.length; of++) if (wanted[of] === word) places.push({ at: position - of, of });
  });
  places.sort((a, b) => a.at - b.at);
  const counts = new Array<number>(wanted.length).fill(0);
  let present = 0;
  for (let left = 0, right = 0; right < places.length; right++) {
    if (counts[places[right]!.of]!++ === 0) present++;
    for (; present === wanted.length; left++) {
      if (places[right]!.at - places[left]!.at <= slop && distinct(places.slice(left, right + 1), wanted.length)) return true;
      if (--counts[places[left]!.of]! === 0) present--;
    }
  }
  return false;
}

/** A word wanted twice needs two places. */
function distinct(places: { at: number; of: number }[], count: number): boolean {
  const used = new Set<number>();
  const taken = new Set<number>();
  for (const { at, of } of places) {
    if (taken.has(of) || used.has(at + of)) continue;
    used.add(at + of);
    taken.add(of);
  }
  return taken.size === count;
}
