// Events as a feed: time, the glyph of what they mean, the sentence.
import type { ComponentChildren, VNode } from 'preact';
import type { ClusterEvent } from '../../src/model/event.ts';
import { eventStatus, splitSubject } from '../look/event-look.ts';
import { Glyph } from '../look/glyphs.tsx';
import { appPath, instancePath, nodePath } from '../routes.ts';
import { Coded } from './coded.tsx';
import { memo } from './memo.ts';
import { Seconds } from './time.tsx';

/** Where an event leads: its instance, else its app, else its node. */
const eventPath = (e: ClusterEvent): string | null =>
  e.subject.instance
    ? instancePath(e.subject.instance)
    : e.subject.app
      ? appPath(e.subject.app)
      : e.subject.node
        ? nodePath(e.subject.node)
        : null;

/** The sentence, with the name of its subject strong. */
function Sentence({ e }: { e: ClusterEvent }): VNode {
  const [name, rest] = splitSubject(e);
  const path = eventPath(e);
  const subject: ComponentChildren =
    name &&
    (path ? (
      <a class="strong" href={path}>
        {name}
      </a>
    ) : (
      <b class="strong">{name}</b>
    ));
  return (
    <>
      {subject}
      <Coded text={rest} />
    </>
  );
}

export const FeedLine = memo(function FeedLine({ e, kind }: { e: ClusterEvent; kind?: boolean }): VNode {
  return (
    <li data-row>
      <Seconds at={e.at} />
      <Glyph s={eventStatus(e)} />
      <span class="t" title={e.message}>
        <Sentence e={e} />
      </span>
      {kind && <span class="mono-s dim kind">{e.kind}</span>}
    </li>
  );
});
