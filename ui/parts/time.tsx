// Ages, clock times and countdowns that go on by themselves; the full moment on hover.
import type { VNode } from 'preact';
import { age, clock, day, left, moment } from '../look/format.ts';
import { hubNow, needTenths, second, tenth } from '../hub/ticks.ts';

/** How long since `at`. */
export function Age({ at }: { at: number | null | undefined }): VNode {
  if (at == null) return <span>–</span>;
  void second.value;
  return <time title={moment(at)}>{age(Math.floor(Math.max(0, hubNow() - at) / 1000) * 1000)}</time>;
}

/** The clock time of a moment; with the day when it is not today. */
export function Clock({ at }: { at: number | null | undefined }): VNode {
  return at == null ? <span>–</span> : <time title={moment(at)}>{day(at, second.peek())}</time>;
}

/** The clock time alone, for a column under a day's heading. */
export const Seconds = ({ at }: { at: number }): VNode => <time title={moment(at)}>{clock(at)}</time>;

/** Time left until `at`. */
export function Left({ at }: { at: number }): VNode {
  void tenth.value;
  const ms = at - hubNow();
  if (ms > 0 && ms < 10_000) needTenths();
  return <time title={moment(at)}>{left(ms)}</time>;
}
