// Data: the collections of the store as they are kept, with their documents and a query.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { path } from '../hub/api.ts';
import { fieldsOf } from '../lists/complete.ts';
import { count, disk } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { dataPath } from '../routes.ts';
import { route, setQuery } from '../router.ts';
import { Page } from '../shell.tsx';
import { useAsk, useLater } from '../parts/ask.ts';
import { Copy } from '../parts/copy.tsx';
import { asText } from '../parts/app/diff.tsx';
import { Json } from '../parts/json.tsx';
import { Panel } from '../parts/panel.tsx';
import { QueryBox } from '../parts/find/query-box.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';

interface Collection {
  name: string;
  count: number;
  bytes: number | null;
  about?: boolean;
}
interface Stored {
  key: string;
  version: unknown;
  doc: Record<string, unknown>;
}
const pageSize = 50;

function Documents({ name }: { name: string }): VNode {
  const query = route.value.query.get('query') ?? '';
  const from = Number(route.value.query.get('from') ?? 0);
  const later = useLater(query, 200);
  const { value, error, again } = useAsk<{ items: Stored[]; total: number; about?: boolean }>(
    path`/data/${name}` + `?query=${encodeURIComponent(later)}&from=${from}&size=${pageSize}`,
  );
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      <div class="row querybar">
        <QueryBox
          value={query}
          onInput={(text) => setQuery({ query: text, from: null })}
          hits={value ? t(value.about ? 'data.count.least' : 'data.count', { n: count(value.total) }) : ''}
          error={value || query !== '' ? error : null}
          placeholder="*"
          fields={() => fieldsOf(value?.items.map((i) => i.doc) ?? [])}
        />
      </div>
      {!(error && query !== '' && !value) && (
        <section class="panel">
          {error && query === '' ? (
            <Trouble error={error} retry={again} />
          ) : !value ? (
            <Loading rows={8} />
          ) : value.items.length === 0 ? (
            <Empty title={t(query ? 'data.no.match' : 'data.empty', { query, name })} />
          ) : (
            <ul class="docs">
              {value.items.map((d) => {
                const key = d.key ?? '';
                const shown = open === key;
                return (
                  <li key={key} data-row>
                    <button
                      type="button"
                      class="dochead"
                      aria-expanded={shown}
                      onClick={() => setOpen(shown ? null : key)}
                    >
                      <span class="tw">{shown ? '▾' : '▸'}</span>
                      <span class="mono-s strong">{key}</span>
                      <span class="mono-s dim cutoff">{JSON.stringify(d.doc)}</span>
                    </button>
                    {shown && (
                      <div class="doc">
                        <div class="row">
                          <span class="small dim">
                            {t('data.version')} <span class="mono-s">{String(JSON.stringify(d.version) ?? '–')}</span>
                          </span>
                          <span class="push" />
                          <Copy text={() => asText(d.doc)}>{t('copy.json')}</Copy>
                        </div>
                        <Json value={d.doc} readings />
                      </div>
                    )}
                  </li>
                );
              })}
            </ul>
          )}
          {value && value.total > pageSize && (
            <footer>
              <span>
                {t('data.range', {
                  from: count(from + 1),
                  to: count(Math.min(from + pageSize, value.total)),
                  total: count(value.total),
                })}
              </span>
              <span class="right row">
                <button
                  type="button"
                  class="btn small"
                  disabled={from === 0}
                  onClick={() => setQuery({ from: from > pageSize ? String(from - pageSize) : null })}
                >
                  {t('data.back')}
                </button>
                <button
                  type="button"
                  class="btn small"
                  disabled={from + pageSize >= value.total}
                  onClick={() => setQuery({ from: String(from + pageSize) })}
                >
                  {t('data.forth')}
                </button>
              </span>
            </footer>
          )}
        </section>
      )}
    </>
  );
}

export default function Data(): VNode {
  const { value, error, again } = useAsk<{ items: Collection[] }>('/data');
  const id = route.value.id || value?.items[0]?.name || '';
  return (
    <Page
      crumbs={[{ name: t('page.data'), href: '/data' }, ...(id ? [{ name: id }] : [])]}
      title={id || t('page.data')}
    >
      <div class="cols data">
        <Panel title={t('data.collections')} flush>
          {error ? (
            <Trouble error={error} retry={again} />
          ) : !value ? (
            <Loading />
          ) : (
            <ul class="collections">
              {value.items.map((c) => (
                <li key={c.name}>
                  <a href={dataPath(c.name)} aria-current={c.name === id ? 'page' : undefined}>
                    <span class="mono-s">{c.name}</span>
                    <span class="push small dim">{count(c.count)}</span>
                    <span class="small dim size" title={c.about ? t('data.about') : undefined}>
                      {c.bytes === null ? '' : `${c.about ? '≈ ' : ''}${disk(c.bytes)}`}
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          )}
        </Panel>
        <div class="stack">{id && <Documents key={id} name={id} />}</div>
      </div>
    </Page>
  );
}
