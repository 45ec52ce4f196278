// The tree of actors, drawn: thousands of rows stay smooth.
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ActorView } from '../../../src/protocol/live.ts';
import { statusOfActor } from '../../chart/status-of.ts';
import { actors, hostOf } from '../../hub/cluster.ts';
import { count } from '../../look/format.ts';
import { Glyph, Icon } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { actorPath } from '../../routes.ts';
import { treeRows } from '../../lists/actor-tree.ts';
import { statusWord } from '../chip.tsx';
import { useWindow } from '../rows.tsx';

/** What an actor is called in the tree: nodes by their name, supervisors as such. */
function actorName(a: ActorView): string {
  if (a.machine === 'node') return hostOf(a.id.replace(/^node:/, ''));
  if (a.machine === 'app-supervisor') return `supervisor ${a.label}`;
  return a.label;
}

/** How much of the end of a name is always shown: slot and id tell instances of one app apart. */
const tail = 8;
/** A name that may be cut in its middle, so that its end and what stands beside it stay in sight. */
const Middle = ({ text }: { text: string }): VNode =>
  text.length <= 2 * tail ? (
    <span class="cutoff">{text}</span>
  ) : (
    <>
      <span class="cutoff">{text.slice(0, -tail)}</span>
      <span>{text.slice(-tail)}</span>
    </>
  );

/** Machines whose state is a status, and is shown with its glyph. */
const statusMachines = new Set(['instance', 'node', 'probe']);

export function ActorTree({ selected }: { selected: string }): VNode {
  const [search, setSearch] = useState('');
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const all = actors.value;
  const parents = useMemo(() => {
    const byId = new Map(all.map((a) => [a.id, a]));
    const out = new Set<string>();
    for (let at = byId.get(selected)?.parent ?? null; at !== null && !out.has(at); at = byId.get(at)?.parent ?? null)
      out.add(at);
    return out;
  }, [all, selected]);
  const few = all.length <= 60;
  const open = (a: ActorView, depth: number): boolean => toggled.get(a.id) ?? (parents.has(a.id) || few || depth === 0);
  const rows = treeRows(all, open, search);
  const { first, end, before, after, ref } = useWindow(rows.length, 26);
  const list = useRef<HTMLUListElement>(null);
  const toggle = (id: string, to: boolean): void => setToggled(new Map([...toggled, [id, to]]));
  useEffect(() => {
    const at = rows.findIndex((r) => r.actor.id === selected);
    const box = list.current?.parentElement;
    if (at >= 0 && box && (at * 26 < box.scrollTop || at * 26 > box.scrollTop + box.clientHeight - 26))
      box.scrollTop = at * 26 - box.clientHeight / 3;
  }, [selected, all.length > 0]);
  return (
    <>
      <div class="treefind">
        <label class="field">
          <Icon name="search" />
          <input
            data-find
            class="q"
            value={search}
            placeholder={t('tree.filter')}
            aria-label={t('tree.filter')}
            spellcheck={false}
            autocomplete="off"
            onInput={(e) => setSearch(e.currentTarget.value)}
            onKeyDown={(e) => {
              if (e.key === 'Escape') {
                e.stopPropagation();
                setSearch('');
                e.currentTarget.blur();
              }
            }}
          />
          <span class="hits dim">{count(search ? rows.length : all.length)}</span>
        </label>
      </div>
      <div class="treebox">
        <ul
          class="tree"
          role="tree"
          aria-label={t('tree')}
          ref={(el: HTMLUListElement | null) => {
            list.current = el;
            ref.current = el;
          }}
          style={{ paddingTop: `${before}px`, paddingBottom: `${after}px` }}
        >
          {rows.slice(first, end).map((r) => {
            const s = statusOfActor(r.actor.state, r.actor.status);
            const coloured = statusMachines.has(r.actor.machine);
            const below = r.below;
            return (
              <li
                key={r.actor.id}
                role="treeitem"
                aria-level={r.depth + 1}
                aria-selected={r.actor.id === selected}
                aria-expanded={r.open ?? undefined}
                data-s={coloured ? s : below?.status}
                style={{ '--d': r.depth }}
                data-row
              >
                <button
                  type="button"
                  class="tw"
                  tabIndex={-1}
                  aria-label={t('tree.toggle')}
                  onClick={() => toggle(r.actor.id, !r.open)}
                >
                  {r.open === null ? '' : r.open ? '▾' : '▸'}
                </button>
                {coloured ? <Glyph s={s} /> : below && <Glyph s={below.status} />}
                <a
                  class="nm"
                  href={actorPath(r.actor.id)}
                  title={`${r.actor.id}\n${r.actor.machine}`}
                  onKeyDown={(e) => {
                    if (e.key === 'ArrowRight' && r.open === false) toggle(r.actor.id, true);
                    if (e.key === 'ArrowLeft' && r.open) toggle(r.actor.id, false);
                  }}
                >
                  <Middle text={actorName(r.actor)} />
                </a>
                <span class="st">
                  {below
                    ? `${below.n} ${statusWord(below.status)}`
                    : r.actor.status !== 'active'
                      ? r.actor.status
                      : r.actor.machine === 'app-supervisor'
                        ? r.children
                        : r.actor.state}
                </span>
              </li>
            );
          })}
        </ul>
      </div>
    </>
  );
}
