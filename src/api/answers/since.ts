// A point in time as people write it in a query string: `10m` (ago), `2026-11-22T14:32:00Z`, `2026-11-22`, epoch ms.
import { z } from 'zod';

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** @returns epoch ms, or null when it is none of the forms */
function timeOf(text: string, now: number): number | null {
  const ago = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text);
  if (ago) return Math.round(now - Number(ago[1]) * units[ago[2]!]!);
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  if (/^\d{11,15}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

const point = (name: string) =>
  z
    .string()
    .max(60)
    .transform((text, context) => {
      const at = timeOf(text, Date.now());
      if (at === null) {
        context.addIssue({
          code: 'custom',
          message: `${name} is a duration ("10m", "2h"), a time ("2026-11-22T14:32:00Z") or epoch milliseconds`,
        });
        return z.NEVER;
      }
      return at;
    })
    .optional();

/** Query parameters, in epoch ms. */
export const since = point('since');
export const until = point('until');
