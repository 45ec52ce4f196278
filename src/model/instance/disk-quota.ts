// Whether an instance is over its disk, and when it is looked at again: a look at many files is dear, so it is taken the more seldom
// the more there are.
import { showSize } from '../sizes.ts';
import { atOncePart, calmPart, warnPart, type QuotaVerdict } from './quota.ts';

/** What was measured: bytes, files and directories, what takes most. */
interface DiskMeasure {
  bytes: number;
  entries: number;
  largest: readonly { path: string; bytes: number }[];
}
export interface DiskWatchState {
  /** Looks over the limit in a row. */ over: number;
  warned: boolean;
}
export const freshDiskWatch = (): DiskWatchState => ({ over: 0, warned: false });

/** Two looks in a row: what a program writes for a moment is forgiven. */
const overLooks = 2;
/** ms: far from the limit, near it, and over it. */
const pace = { calm: 30_000, near: 5_000, over: 1000 } as const;
/** Of a look at this many files, ms a file: 20 us of a core each are 2 % of it. */
const msAnEntry = 1;

/** "Largest: cache/a.bin (8 MiB), tmp (3 MiB)", or '' where nothing stands out. */
const largestText = ({ largest }: DiskMeasure): string =>
  largest.length === 0
    ? ''
    : `; largest: ${largest.map(({ path, bytes }) => `${path} (${showSize(bytes)})`).join(', ')}`;

/**
 * Judges a look.
 * @param limit bytes
 * @returns `nextMs`: when the next look is due
 */
export function judgeDisk(
  state: DiskWatchState,
  measured: DiskMeasure,
  limit: number,
): { state: DiskWatchState; verdict: QuotaVerdict; nextMs: number } {
  const { bytes, entries } = measured;
  const over = bytes > limit ? state.over + 1 : 0;
  const least = over > 0 ? pace.over : bytes >= limit * calmPart ? pace.near : pace.calm;
  const nextMs = Math.max(least, Math.round(entries * msAnEntry));
  const figures = `it uses ${showSize(bytes)} of disk`;
  if (over >= overLooks || bytes > limit * atOncePart) {
    return {
      state: { over, warned: true },
      nextMs,
      verdict: { kind: 'exceeded', text: `${figures}; ${showSize(limit)} are allowed${largestText(measured)}` },
    };
  }
  if (bytes >= limit * warnPart && !state.warned) {
    return {
      state: { over, warned: true },
      nextMs,
      verdict: {
        kind: 'warn',
        text: `${figures}, ${Math.round((bytes / limit) * 100)} % of the ${showSize(limit)} that are allowed${largestText(measured)}`,
      },
    };
  }
  return { state: { over, warned: state.warned && bytes >= limit * calmPart }, nextMs, verdict: { kind: 'fine' } };
}
