// Files of an instance: its launches, directories, the end of a file as text, live where wanted; downloads.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FileItem, FileView, LaunchFiles } from '../../../src/protocol/files.ts';
import { Problem } from '../../hub/api.ts';
import { crumbsOf, filePath, followedCharacters, kept, shownBytes, textOf } from '../../streams/file-text.ts';
import { count, memory, signal } from '../../look/format.ts';
import { Icon } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { route } from '../../router.ts';
import { useAsk } from '../ask.ts';
import { Empty, Loading, Trouble } from '../states.tsx';
import { Clock } from '../time.tsx';

const hrefOf = (path: string): string =>
  `${location.pathname}?tab=files${path === '' ? '' : `&path=${encodeURIComponent(path)}`}`;

function Launch({ of }: { of: LaunchFiles }): VNode {
  const how =
    of.signal !== null
      ? t('files.signal', { name: signal(of.signal) })
      : of.code !== null
        ? t('files.code', { n: of.code })
        : '';
  return (
    <span class="small dim">
      {t('files.launch', { n: of.launch })},{' '}
      {of.current ? (
        t('files.running')
      ) : (
        <>
          {t('files.ended', { how })}
          {of.endedAt !== null && (
            <>
              , <Clock at={of.endedAt} />
            </>
          )}
        </>
      )}
    </span>
  );
}

function Row({ item, path }: { item: FileItem; path: string }): VNode {
  const to = path === '' ? item.name : `${path}/${item.name}`;
  const opens = item.type !== 'other';
  return (
    <tr data-row>
      <td>
        {opens ? (
          <a class={item.type === 'directory' ? 'strong' : 'link'} href={hrefOf(to)}>
            {item.name}
            {item.type === 'directory' ? '/' : ''}
          </a>
        ) : (
          <span class="dim">{item.name}</span>
        )}
      </td>
      <td class="num mono-s">{item.type === 'file' ? memory(item.size) : '–'}</td>
      <td class="small dim">
        <Clock at={item.modifiedAt} />
      </td>
      <td class="mono-s dim off">{item.mode}</td>
      <td class="cut small dim">
        {item.target !== null ? (
          `→ ${item.target}`
        ) : item.launch ? (
          <Launch of={item.launch} />
        ) : item.type === 'other' ? (
          t('files.other')
        ) : (
          ''
        )}
      </td>
    </tr>
  );
}

function Directory({ view }: { view: FileView }): VNode {
  if (view.items.length === 0)
    return (
      <Empty title={t(view.path === '' ? 'files.none' : 'files.empty')}>
        {view.path === '' && t('files.none.text')}
      </Empty>
    );
  return (
    <>
      <table class="table files">
        <thead>
          <tr>
            <th>{t('files.name')}</th>
            <th class="num">{t('files.size')}</th>
            <th>{t('files.changed')}</th>
            <th class="off">{t('files.mode')}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {view.items.map((item) => (
            <Row key={item.name} item={item} path={view.path} />
          ))}
        </tbody>
      </table>
      {view.total > view.items.length && (
        <p class="small dim more">
          {t('files.more', { n: `${count(view.total - view.items.length)}${view.more ? '+' : ''}` })}
        </p>
      )}
    </>
  );
}

/** The end of a file, read once or followed; nothing is read while it is not looked at. */
function useText(id: string, view: FileView, follow: boolean): { text: string | null; error: unknown } {
  const [state, setState] = useState<{ text: string | null; error: unknown }>({ text: '', error: null });
  useEffect(() => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      const response = await fetch(`/v1${filePath(id, view.path)}${follow ? `?follow=true&tail=${shownBytes}` : ''}`, {
        signal: abort.signal,
        headers: !follow && view.size > 0 ? { range: `bytes=-${shownBytes}` } : {},
      });
      if (!response.ok) {
        const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; hint?: string };
        throw new Problem(response.status, problem.code ?? '', problem.detail ?? response.statusText, problem.hint);
      }
      if (!follow) return setState({ text: textOf(new Uint8Array(await response.arrayBuffer())), error: null });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      setState({ text: '', error: null });
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        setState((old) => ({
          text: kept((old.text ?? '') + value.replaceAll('\0', '\ufffd'), followedCharacters),
          error: null,
        }));
      }
    };
    read().catch((error: unknown) => {
      if (!abort.signal.aborted) setState((old) => ({ ...old, error }));
    });
    return () => abort.abort();
  }, [id, view.path, follow, follow ? '' : view.tag]);
  return state;
}

function File({ id, view }: { id: string; view: FileView }): VNode {
  const [follow, setFollow] = useState(false);
  const { text, error } = useText(id, view, follow);
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, text]);
  return (
    <>
      <div class="row lt">
        <span class="small dim">
          {memory(view.size)}, <Clock at={view.modifiedAt} />, <span class="mono-s">{view.mode}</span>
          {view.size > shownBytes && `, ${t('files.part', { size: memory(shownBytes), whole: memory(view.size) })}`}
        </span>
        <span class="push" />
        <button type="button" class="btn small" aria-pressed={follow} onClick={() => setFollow(!follow)}>
          <Icon name="follow" />
          {t('files.follow')}
        </button>
      </div>
      {error !== null ? (
        <Trouble error={error} />
      ) : text === null ? (
        <Empty title={t('files.binary')} />
      ) : (
        <pre class="filebox" ref={box} tabIndex={0}>
          {text}
        </pre>
      )}
    </>
  );
}

export function Files({ id }: { id: string }): VNode {
  const path = route.value.query.get('path') ?? '';
  const { value, error, again } = useAsk<FileView>(`${filePath(id, path)}?format=json`);
  const crumbs = crumbsOf(path);
  const download = `/v1${filePath(id, path)}${value?.type === 'directory' ? '?format=tar' : ''}`;
  return (
    <>
      <div class="row lt filebar">
        <nav class="crumbline" aria-label={t('files')}>
          <a class="link" href={hrefOf('')}>
            {t('files.top')}
          </a>
          {crumbs.map((c, i) => (
            <span key={c.path}>
              <span class="dim"> / </span>
              {i === crumbs.length - 1 ? (
                <b class="strong">{c.name}</b>
              ) : (
                <a class="link" href={hrefOf(c.path)}>
                  {c.name}
                </a>
              )}
            </span>
          ))}
        </nav>
        <span class="push" />
        <button type="button" class="btn small quiet" onClick={again}>
          {t('files.refresh')}
        </button>
        {value && (value.type === 'file' || value.items.length > 0) && (
          <a class="btn small quiet" download href={download}>
            {t(value.type === 'file' ? 'files.download' : 'files.archive')}
          </a>
        )}
      </div>
      {error !== null && <Trouble error={error} retry={again} />}
      {value === null ? (
        error === null && <Loading />
      ) : value.type === 'directory' ? (
        <Directory view={value} />
      ) : (
        <File key={value.path} id={id} view={value} />
      )}
    </>
  );
}
