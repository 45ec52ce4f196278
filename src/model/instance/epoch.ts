// The fencing token of a launch: STAT_EPOCH = assignment epoch x 2^20 + launch number, so that of two launches of a slot,
// wherever they run, the later one has the higher.
// A decimal string, because it outgrows what a double holds exactly once the epoch passes 2^33.

const shift = 20n;
/** Launch numbers are counted within 2^20. */
export const launchLimit = 2 ** 20 - 1;

/**
 * STAT_EPOCH of a launch, decimal. A launch number beyond 2^20 - 1 stays at that value: it must never reach into the next
 * epoch, or a later placement would no longer be above every launch of an earlier one.
 * @throws RangeError when either is not a non-negative whole number
 */
export function statEpoch(epoch: number, launch: number): string {
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError(`epoch ${epoch} is no non-negative whole number`);
  if (!Number.isSafeInteger(launch) || launch < 0)
    throw new RangeError(`launch ${launch} is no non-negative whole number`);
  return String((BigInt(epoch) << shift) + BigInt(Math.min(launch, launchLimit)));
}

/** Assignment epoch and launch number of a STAT_EPOCH; null when the text is none. */
export function readStatEpoch(text: string): { epoch: number; launch: number } | null {
  if (!/^\d{1,22}$/.test(text)) return null;
  const value = BigInt(text);
  const epoch = value >> shift;
  return epoch > BigInt(Number.MAX_SAFE_INTEGER)
    ? null
    : { epoch: Number(epoch), launch: Number(value & ((1n << shift) - 1n)) };
}
