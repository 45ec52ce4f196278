// Why an app or instance is as it is: the sentence, the funnel of nodes, the nearest miss, what was decided with which scores.
import { WhatNext, sentence } from './next.tsx';
import type { VNode } from 'preact';
import { hostOf } from '../../hub/cluster.ts';
import type { WhyView } from '../../../src/protocol/views.ts';
import { rich, t } from '../../words/i18n.tsx';
import { useAsk } from '../ask.ts';
import { Chip } from '../chip.tsx';
import { Coded } from '../coded.tsx';
import { FeedLine } from '../feed.tsx';
import { Loading, Trouble } from '../states.tsx';
import { Clock } from '../time.tsx';

const mostBlocks = 60;

/** How many nodes are left after each clause; what a clause cut is hatched, what was cut before is hollow. */
function Funnel({ steps }: { steps: WhyView['funnel'] }): VNode {
  const whole = Math.max(1, steps[0]?.left ?? 1);
  const scale = whole > mostBlocks ? mostBlocks / whole : 1;
  const block = (n: number): number => (n > 0 ? Math.max(1, Math.round(n * scale)) : 0);
  let before = whole;
  return (
    <ul class="funnel">
      {steps.map((s) => {
        const kept = block(s.left);
        const cut = Math.max(0, block(before) - kept);
        const out = Math.max(0, block(whole) - kept - cut);
        before = s.left;
        return (
          <li key={s.step}>
            <span class="mono-s cutoff" title={s.step}>
              {s.step}
            </span>
            <span class="bar" role="img" aria-label={t('why.left', { n: s.left })}>
              {Array.from({ length: kept }, (_, i) => (
                <i key={i} />
              ))}
              {Array.from({ length: cut }, (_, i) => (
                <i key={`c${i}`} class="cut" />
              ))}
              {Array.from({ length: out }, (_, i) => (
                <i key={`o${i}`} class="out" />
              ))}
            </span>
            <span class="n">{s.left}</span>
            {s.lost.length > 0 && (
              <span class="lost">
                {t('why.lost', { names: s.lost.slice(0, 6).map(hostOf).join(', ') })}
                {s.lost.length > 6 ? ` +${s.lost.length - 6}` : ''}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function WhyBody({ why }: { why: WhyView }): VNode {
  const last = why.funnel.at(-1)?.left;
  const first = why.funnel.find((f) => f.left < (why.funnel[0]?.left ?? 0))?.left ?? why.funnel[0]?.left;
  const decided = new Set(why.decisions.map((d) => d.text));
  const events = why.events.filter((e) => !decided.has(e.message)); // a placement is told once
  return (
    <div class="why-body">
      <p class="lead">
        <Chip s={why.status} /> {why.reason ? <Coded text={sentence(why.reason.text)} /> : t('why.nothing')}
        <span class="mid plainw">
          <WhatNext next={why.reason?.next ?? null} />
        </span>
      </p>
      {why.waiting.length > 0 && (
        <ul class="waits">
          {why.waiting.map((w) => (
            <li key={w.slot}>
              <Chip s="pending" bare>{`${why.subject}.${w.slot}`}</Chip>
              <span class="small">
                <Coded text={w.reason} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {why.funnel.length > 0 && (
        <>
          <p class="strong">{rich('why.match', { n: first ?? 0, room: last ?? 0 })}</p>
          <Funnel steps={why.funnel} />
        </>
      )}
      {why.nearest.length > 0 && (
        <p class="small because">
          <b>{t('why.nearest')}</b> {why.nearest.join('; ')}.
        </p>
      )}
      {why.decisions.length > 0 && (
        <>
          <h3 class="small dim">{t('why.decisions')}</h3>
          <ul class="decisions">
            {why.decisions.map((d, i) => (
              <li key={i}>
                <span class="small dim">
                  <Clock at={d.at} />
                </span>
                <span>
                  <span class="strong">{`${d.slot}`}</span> {d.node ? <>→ {hostOf(d.node)}</> : ''}{' '}
                  <span class="small mid">{d.text}</span>
                  {d.scores.length > 0 && (
                    <span class="scores micro dim">
                      {d.scores.slice(0, 5).map((s) => (
                        <span
                          key={s.node}
                          title={Object.entries(s.parts)
                            .map(([k, v]) => `${k} ${Math.round(v * 100) / 100}`)
                            .join('\n')}
                        >
                          {hostOf(s.node)} <b>{Math.round(s.score * 100) / 100}</b>
                        </span>
                      ))}
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {events.length > 0 && (
        <ol class="feed inset">
          {events.map((e) => (
            <FeedLine key={e.seq} e={e} />
          ))}
        </ol>
      )}
    </div>
  );
}

/** Asks and shows; asked again when `version` changes. */
export function Why({ path, version }: { path: string; version: unknown }): VNode {
  const { value, error, again } = useAsk<WhyView>(path, version);
  if (value) return <WhyBody why={value} />;
  return error ? <Trouble error={error} retry={again} /> : <Loading />;
}
