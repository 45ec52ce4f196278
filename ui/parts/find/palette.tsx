// The command palette: find an app, node or instance, go to a page, run a command.
import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { apps, hostOf, instances, nodes } from '../../hub/cluster.ts';
import { Glyph, PageIcon, hasGlyph } from '../../look/glyphs.tsx';
import { language, setLanguage, t } from '../../words/i18n.tsx';
import { slotName } from '../../hub/needs.ts';
import { ranked, type Choice } from '../../lists/ranked.ts';
import { appPath, editPath, instancePath, newPath, nodePath, railPages } from '../../routes.ts';
import { go } from '../../router.ts';
import { setTheme, theme } from '../../look/theme.ts';
import { restartApp, startApp, stopApp } from '../app/app-acts.tsx';
import { statusWord } from '../chip.tsx';

const shown = signal(false);
export const openPalette = (): void => {
  shown.value = true;
};

const mostFound = 12;

/** Everything that can be found, built when the palette opens. */
function choices(): Choice[] {
  const pages = railPages.map((p): Choice => ({
    id: `page ${p.page}`,
    name: t(`page.${p.page}`),
    words: p.page,
    note: `g ${p.key}`,
    glyph: p.page,
    weight: 1,
    run: () => go(p.path),
  }));
  const commands: Choice[] = [
    {
      id: 'new',
      name: t('app.new'),
      words: 'new app deploy create',
      note: 'n',
      glyph: 'starting',
      weight: 1,
      run: () => go(newPath),
    },
    {
      id: 'theme',
      name: t('palette.theme'),
      words: 'theme dark light',
      note: 't',
      glyph: 'settings',
      weight: 0,
      run: () => setTheme(theme.peek() === 'dark' ? 'light' : 'dark'),
    },
    {
      id: 'language',
      name: language.value === 'en' ? '中文' : 'English',
      words: 'language chinese english zh en',
      note: '',
      glyph: 'settings',
      weight: 0,
      run: () => void setLanguage(language.peek() === 'en' ? 'zh' : 'en'),
    },
  ];
  const ofApps = apps.value.flatMap((a): Choice[] => [
    {
      id: `app ${a.name}`,
      name: a.name,
      words: `${a.name} app`,
      note: `${t('thing.app')}, ${a.instances.running}/${a.instances.wanted}`,
      glyph: 'apps',
      weight: 3,
      run: () => go(appPath(a.name)),
    },
    {
      id: `edit ${a.name}`,
      name: t('palette.edit', { name: a.name }),
      words: `edit ${a.name} spec`,
      note: '',
      glyph: 'apps',
      weight: 0,
      run: () => go(editPath(a.name)),
    },
    a.start
      ? {
          id: `restart ${a.name}`,
          name: t('palette.restart', { name: a.name }),
          words: `restart ${a.name}`,
          note: '',
          glyph: 'restarting',
          weight: 0,
          run: () => void restartApp(a),
        }
      : {
          id: `start ${a.name}`,
          name: t('palette.start', { name: a.name }),
          words: `start ${a.name}`,
          note: '',
          glyph: 'starting',
          weight: 0,
          run: () => void startApp(a),
        },
    ...(a.start
      ? [
          {
            id: `stop ${a.name}`,
            name: t('palette.stop', { name: a.name }),
            words: `stop ${a.name}`,
            note: '',
            glyph: 'stopped',
            weight: 0,
            run: () => void stopApp(a),
          },
        ]
      : []),
  ]);
  const ofNodes = nodes.value.map((n): Choice => ({
    id: `node ${n.id}`,
    name: hostOf(n.id),
    words: `${n.hostname} ${n.id} ${n.agentAddress} node`,
    note: `${t('thing.node')}, ${statusWord(n.status)}`,
    glyph: n.status,
    weight: 2,
    run: () => go(nodePath(n.id)),
  }));
  const ofInstances = instances.value.map((i): Choice => ({
    id: `instance ${i.id}`,
    name: slotName(i),
    words: `${i.id} ${i.pid ?? ''} ${i.ports.join(' ')}`,
    note: statusWord(i.status),
    glyph: i.status,
    weight: 1,
    many: true,
    run: () => go(instancePath(i.id)),
  }));
  return [...pages, ...commands, ...ofApps, ...ofNodes, ...ofInstances];
}

export function Palette(): VNode | null {
  if (!shown.value) return null;
  return <PaletteBox />;
}

function PaletteBox(): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const all = useMemo(choices, []);
  const found = useMemo(() => ranked(all, text, mostFound), [all, text]);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  const close = (): void => {
    shown.value = false;
  };
  const pick = (choice: Choice | undefined): void => {
    close();
    choice?.run();
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setAt((at + (e.key === 'ArrowDown' ? 1 : found.length - 1)) % Math.max(1, found.length));
    }
    if (e.key === 'Enter' && !e.isComposing) {
      e.preventDefault();
      pick(found[at]);
    }
  };
  return (
    <dialog
      ref={ref}
      class="dialog palette"
      aria-label={t('palette.open')}
      onClose={close}
      onClick={(e) => {
        if (e.target === ref.current) close();
      }}
    >
      <div class="row">
        <input
          class="mono"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={`palette-${at}`}
          placeholder={t('palette.hint')}
          autoFocus
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(e) => {
            setText(e.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <kbd>esc</kbd>
      </div>
      <ul class="menu" id="palette-list" role="listbox">
        {found.map((c, i) => (
          <li
            key={c.id}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseMove={() => setAt(i)}
            onClick={() => pick(c)}
          >
            {hasGlyph(c.glyph) ? <Glyph s={c.glyph} /> : <PageIcon page={c.glyph} />}
            <span>{c.name}</span>
            <span class="push">{c.note}</span>
          </li>
        ))}
        {found.length === 0 && <li class="dim">{t('palette.none', { text })}</li>}
      </ul>
    </dialog>
  );
}
