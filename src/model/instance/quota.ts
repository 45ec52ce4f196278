// Whether an instance is over its memory, where nobody but the agent looks. One sample decides nothing: what is short is forgiven,
// what lasts or runs away is not.
import { showSize } from '../sizes.ts';

/** Samples over the limit, one after the other, until it counts. */
const overSamples = 3;
/** So far over the limit, nobody waits for more samples: the node's memory is everybody's. */
export const atOncePart = 1.5;
/** Told once when it is reached, and again only after use fell below `calmPart`. */
export const warnPart = 0.9;
export const calmPart = 0.8;

export interface QuotaWatch {
  /** Samples over the limit in a row. */ over: number;
  warned: boolean;
}
export const freshQuotaWatch = (): QuotaWatch => ({ over: 0, warned: false });

export type QuotaVerdict =
  | { kind: 'fine' }
  /** Near its limit: say so, do nothing. */
  | { kind: 'warn'; text: string }
  /** Over it for long enough: end it. */
  | { kind: 'exceeded'; text: string };

/** Judges one sample. @param used, limit bytes */
export function judgeMemory(
  watch: QuotaWatch,
  used: number,
  limit: number,
): { watch: QuotaWatch; verdict: QuotaVerdict } {
  const over = used > limit ? watch.over + 1 : 0;
  const percent = Math.round((used / limit) * 100);
  if (over >= overSamples || used > limit * atOncePart) {
    return {
      watch: { over, warned: true },
      verdict: {
        kind: 'exceeded',
        text:
          `it uses ${showSize(used)} of memory; ${showSize(limit)} are allowed (` +
          `${over === 1 ? 'one sample, far over it' : `${over} samples in a row`})`,
      },
    };
  }
  if (used >= limit * warnPart && !watch.warned) {
    return {
      watch: { over, warned: true },
      verdict: {
        kind: 'warn',
        text: `it uses ${showSize(used)} of memory, ${percent} % of the ${showSize(limit)} that are allowed`,
      },
    };
  }
  return { watch: { over, warned: watch.warned && used >= limit * calmPart }, verdict: { kind: 'fine' } };
}
