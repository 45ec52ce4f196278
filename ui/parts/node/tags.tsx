// The tags of a node, edited in place: what other nodes have is offered.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { NodeView } from '../../../src/model/node.ts';
import { apps, hostOf, nodes, writable } from '../../hub/cluster.ts';
import { t } from '../../words/i18n.tsx';
import { setTags } from './node-acts.tsx';
import { Panel } from '../panel.tsx';

const good = (tag: string): boolean => /^[\w.:@/-]{1,100}$/.test(tag);

export function Tags({ n }: { n: NodeView }): VNode {
  const [draft, setDraft] = useState<string[] | null>(null);
  const [text, setText] = useState('');
  const tags = draft ?? n.tags;
  const others = new Map<string, string[]>();
  for (const other of nodes.value)
    if (other.id !== n.id)
      for (const tag of other.tags) others.set(tag, [...(others.get(tag) ?? []), hostOf(other.id)]);
  const offers = text ? [...others].filter(([tag]) => tag.includes(text) && !tags.includes(tag)).slice(0, 5) : [];
  const asked = apps.value.filter((a) => n.tags.some((tag) => a.spec.placement.query.includes(tag)));
  const add = (tag: string): void => {
    if (good(tag) && !tags.includes(tag)) setDraft([...tags, tag]);
    setText('');
  };
  const save = (): void => {
    const next = text && good(text) ? [...tags, text] : tags;
    setText('');
    void setTags(n, next).then(() => setDraft(null));
  };
  return (
    <Panel
      title={t('tags')}
      right={
        asked.length > 0 && (
          <span class="small dim cutoff">
            {t('tags.asked', {
              names: asked
                .slice(0, 3)
                .map((a) => a.name)
                .join(', '),
            })}
          </span>
        )
      }
    >
      <div class="stacked">
        <div class="field tagfield">
          {tags.map((tag) => (
            <span key={tag} class="tag">
              {tag}{' '}
              <button
                type="button"
                aria-label={t('tags.remove', { tag })}
                disabled={!writable.value}
                onClick={() => setDraft(tags.filter((x) => x !== tag))}
              >
                ×
              </button>
            </span>
          ))}
          <input
            class="mono-s"
            value={text}
            placeholder={tags.length === 0 ? t('tags.none') : '+'}
            disabled={!writable.value}
            aria-label={t('tags.add')}
            aria-invalid={text !== '' && !good(text)}
            spellcheck={false}
            autocomplete="off"
            onInput={(e) => setText(e.currentTarget.value.trim())}
            onKeyDown={(e) => {
              if ((e.key === 'Enter' || e.key === ',') && text) {
                e.preventDefault();
                add(text);
              } else if (e.key === 'Enter' && draft) save();
              else if (e.key === 'Backspace' && !text && tags.length > 0) setDraft(tags.slice(0, -1));
              else if (e.key === 'Escape') {
                setText('');
                setDraft(null);
              }
            }}
          />
        </div>
        {offers.length > 0 && (
          <ul class="menu flat">
            {offers.map(([tag, names]) => (
              <li
                key={tag}
                onMouseDown={(e) => {
                  e.preventDefault();
                  add(tag);
                }}
              >
                <span class="mono-s">{tag}</span>
                <span class="push">{t('tags.on', { names: names.slice(0, 2).join(', ') })}</span>
              </li>
            ))}
          </ul>
        )}
        {text !== '' && !good(text) && <p class="small fault">{t('tags.wrong')}</p>}
        {(draft || text) && (
          <div class="row">
            <button type="button" class="btn small primary" onClick={save}>
              {t('save')} <kbd>↵</kbd>
            </button>
            <button
              type="button"
              class="btn small quiet"
              onClick={() => {
                setDraft(null);
                setText('');
              }}
            >
              {t('cancel')}
            </button>
          </div>
        )}
      </div>
    </Panel>
  );
}
