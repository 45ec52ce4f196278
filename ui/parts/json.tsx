// JSON, coloured; numbers of bytes get a dim reading after the line.
import type { VNode } from 'preact';
import { tokens } from '../json/json-tokens.ts';
import { readingOf } from '../json/json-readings.ts';
import { pretty } from '../json/spec-text.ts';

const Coloured = ({ line }: { line: string }): VNode => (
  <>
    {tokens(line).map((k, i) =>
      k.kind === 'space' ? (
        k.text
      ) : (
        <span key={i} class={k.kind}>
          {k.text}
        </span>
      ),
    )}
  </>
);

/** A value in full; `readings`: "3 GiB" behind bytes. */
export function Json({ value, readings }: { value: unknown; readings?: boolean }): VNode {
  return (
    <ol class="code inset">
      {pretty(value)
        .split('\n')
        .map((line, i) => {
          const note = readings ? readingOf(line) : '';
          return (
            <li key={i}>
              <span class="ln">{i + 1}</span>
              <span>
                <Coloured line={line} />
                {note && (
                  <span class="cm">
                    {'  '}
                    {note}
                  </span>
                )}
              </span>
            </li>
          );
        })}
    </ol>
  );
}
