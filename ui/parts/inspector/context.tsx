// The context of an actor at a step: what that step changed is marked, with the value before.
import type { VNode } from 'preact';
import { changedKeys } from '../../chart/history.ts';
import { clockMs } from '../../look/format.ts';

const mostCharacters = 240;
const isTime = (key: string, value: unknown): value is number =>
  typeof value === 'number' && value > 1e12 && value < 4e12 && /(at|since|until|deadline|due)$/i.test(key);

function show(key: string, value: unknown): string {
  if (isTime(key, value)) return clockMs(value);
  const text =
    JSON.stringify(
      value,
      null,
      typeof value === 'object' && value !== null && JSON.stringify(value).length > 60 ? 2 : 0,
    ) ?? 'undefined';
  return text.length > mostCharacters * 4 ? `${text.slice(0, mostCharacters * 4)}…` : text;
}

export function Context({ before, now }: { before: unknown; now: unknown }): VNode {
  if (typeof now !== 'object' || now === null) return <pre class="json">{JSON.stringify(now)}</pre>;
  const changed = before === undefined ? new Map<string, unknown>() : changedKeys(before, now);
  const keys = Object.keys(now);
  const width = Math.min(20, Math.max(8, ...keys.map((k) => k.length)));
  return (
    <pre class="json" tabIndex={0}>
      {keys.map((key) => {
        const value = (now as Record<string, unknown>)[key];
        const text = show(key, value).replaceAll('\n', `\n${' '.repeat(width + 1)}`);
        return (
          <div key={key}>
            <span class="k">{key.padEnd(width + 1)}</span>
            {changed.has(key) ? (
              <>
                <span class="chg">{text}</span>
                {changed.get(key) !== undefined && !text.includes('\n') && (
                  <>
                    {' '}
                    <s>{show(key, changed.get(key)).slice(0, 30)}</s>
                  </>
                )}
              </>
            ) : (
              text
            )}
          </div>
        );
      })}
    </pre>
  );
}
