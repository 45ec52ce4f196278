// The actor in view, told: who said what to whom, its machine as a list, or as text to paste elsewhere.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ChartView } from '../../../src/protocol/live.ts';
import { t } from '../../words/i18n.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Machine, mermaid } from '../../parts/inspector/machine.tsx';
import { SequenceDiagram } from '../../parts/inspector/sequence.tsx';
import { Tabs } from '../../parts/panel.tsx';
import type { Watched } from './watched.ts';

type Tab = 'sequence' | 'machine' | 'mermaid';

export function Told({ of: { history, index, show, lit } }: { of: Watched }): VNode {
  const [tab, setTab] = useState<Tab>('sequence');
  const { chart } = history;
  return (
    <>
      <header class="lined second">
        <Tabs
          tabs={[
            { id: 'sequence', name: t('sequence') },
            { id: 'machine', name: t('machine') },
            { id: 'mermaid', name: 'Mermaid' },
          ]}
          now={tab}
          choose={setTab}
        />
        <span class="right small dim">{t('sequence.note')}</span>
      </header>
      <div class="body seqbox">
        {tab === 'sequence' && <SequenceDiagram history={history} index={index} select={show} />}
        {tab === 'machine' && chart && <Machine chart={chart} active={lit.active} />}
        {tab === 'mermaid' && chart && <Mermaid chart={chart} />}
      </div>
    </>
  );
}

function Mermaid({ chart }: { chart: ChartView }): VNode {
  return (
    <>
      <Copy text={() => mermaid(chart)} quiet={false} />
      <pre class="mono-s mermaid">{mermaid(chart)}</pre>
    </>
  );
}
