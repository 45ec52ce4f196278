// What needs a look, worst first, each with its reason and where to go.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Glyph } from '../../look/glyphs.tsx';
import { knownWord, t } from '../../words/i18n.tsx';
import type { Need } from '../../hub/needs.ts';
import { needs } from '../../hub/needs-signal.ts';
import { appPath, instancePath, nodePath } from '../../routes.ts';
import { statusWord } from '../../parts/chip.tsx';
import { Coded } from '../../parts/coded.tsx';
import { WhatNext, sentence } from '../../parts/app/next.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Age } from '../../parts/time.tsx';

function needPath(n: Need): string {
  switch (n.kind) {
    case 'store':
      return '/data';
    case 'instance':
      return instancePath(n.id);
    case 'node':
      return nodePath(n.id);
    default:
      return appPath(n.id);
  }
}
const whyPath = (n: Need): string =>
  n.kind === 'instance' || n.kind === 'app' ? `${needPath(n)}?tab=why` : needPath(n);

function needTitle(n: Need): string {
  const word = `needs.${n.what}`;
  if (n.kind === 'store') return t('needs.store');
  if (n.kind === 'instance' && knownWord(word)) return t(word, { name: n.name, node: n.node ?? '' });
  if (n.what === 'waiting') return t('needs.app', { name: n.name });
  return t('needs.is', { name: n.name, status: statusWord(n.s) });
}

function NeedLine({ n }: { n: Need }): VNode {
  return (
    <li data-row>
      <Glyph s={n.s} />
      <a class="what" href={needPath(n)}>
        {needTitle(n)}
      </a>
      <Age at={n.at} />
      <p class="why">
        <Coded text={sentence(n.why)} />
        <WhatNext next={n.next} />
      </p>
      <span class="act">
        <a class="btn small" href={whyPath(n)}>
          {t('why')}
        </a>
      </span>
    </li>
  );
}

export function Needs(): VNode {
  const [all, setAll] = useState(false);
  const list = needs.value;
  const shown = all ? list : list.slice(0, 7);
  return (
    <Panel
      title={t('needs')}
      note={list.length > 0 && <span class="badge">{list.length}</span>}
      right={list.length > 1 && <span class="small dim">{t('needs.order')}</span>}
      flush
      foot={
        list.length > shown.length && (
          <button type="button" class="plain link" onClick={() => setAll(true)}>
            {t('needs.more', { n: list.length - shown.length })}
          </button>
        )
      }
    >
      {list.length === 0 ? (
        <p class="quiet-line">
          <Glyph s="passing" />
          {t('needs.none')}
        </p>
      ) : (
        <ul class="needs">
          {shown.map((n) => (
            <NeedLine key={n.key} n={n} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
