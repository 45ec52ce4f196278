// A terminal in an instance: a command beside its program, begun here, ended with the page.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../hub/api.ts';
import '../../css/terminal.css';
import { t } from '../../words/i18n.tsx';
import { openTerminal, type TerminalEnd, type TerminalLine } from '../../streams/terminal-line.ts';
import { theme } from '../../look/theme.ts';
import { openScreen, type Screen } from './terminal-screen.ts';

type End = TerminalEnd | 'stopped';
type Phase = { is: 'before' | 'opening' | 'open' } | { is: 'ended'; how: End };

/** The plain words of an end. */
function endText(command: string, how: End): { text: string; hint: string } {
  if (how === 'stopped') return { text: t('terminal.stopped', { command }), hint: '' };
  if ('code' in how) return { text: t('terminal.ended', { command, code: how.code }), hint: '' };
  const { problem } = how;
  if (!(problem instanceof Problem)) return { text: String(problem), hint: '' };
  if (problem.code === 'unreachable') return { text: t('terminal.cut'), hint: '' };
  if (problem.code === 'forbidden') return { text: t('terminal.forbidden'), hint: problem.message };
  return { text: problem.message, hint: problem.hint };
}

function Notice({ phase, command }: { phase: Phase; command: string }): VNode {
  if (phase.is !== 'ended')
    return (
      <p class="small dim" role="status">
        {t(phase.is === 'open' ? 'terminal.leave' : 'terminal.before')}
      </p>
    );
  const { text, hint } = endText(command, phase.how);
  const well = phase.how === 'stopped' || 'code' in phase.how;
  return (
    <p class={`small${well ? '' : ' fault'}`} role={well ? 'status' : 'alert'}>
      {text} {hint && <span class="dim">{hint}</span>}
    </p>
  );
}

export function InstanceTerminal({ id }: { id: string }): VNode {
  const [command, setCommand] = useState('sh');
  const [ran, setRan] = useState('sh');
  const [phase, setPhase] = useState<Phase>({ is: 'before' });
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const screen = useRef<Screen | null>(null);
  const line = useRef<TerminalLine | null>(null);
  const now = theme.value;

  useEffect(() => {
    const opened = openScreen(box.current!, t('terminal'), {
      typed: (text) => line.current?.type(text),
      resized: (size) => line.current?.resize(size),
      leave: () => field.current?.focus(),
    });
    screen.current = opened;
    field.current?.focus();
    return () => {
      line.current?.close();
      opened.dispose();
    };
  }, [id]);
  useEffect(() => screen.current?.recolour(), [now]);

  const ended = (how: End): void => {
    line.current = null;
    screen.current?.listen(false);
    setPhase({ is: 'ended', how });
    field.current?.focus();
  };
  const begin = (): void => {
    const shown = screen.current!;
    const wanted = command.trim() || 'sh';
    shown.clear();
    setRan(wanted);
    setPhase({ is: 'opening' });
    line.current = openTerminal(id, wanted, shown.size(), {
      begun: () => {
        setPhase({ is: 'open' });
        shown.listen(true);
        shown.focus();
      },
      output: shown.write,
      ended,
    });
  };
  const stop = (): void => {
    line.current?.close();
    ended('stopped');
  };
  const runs = phase.is === 'opening' || phase.is === 'open';

  return (
    <div class="terminal">
      <form
        class="row lt"
        onSubmit={(e) => {
          e.preventDefault();
          if (!runs) begin();
        }}
      >
        <label class="field">
          <span class="small dim">{t('terminal.command')}</span>
          <input
            ref={field}
            class="q mono-s"
            list="terminal-shells"
            value={command}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            onInput={(e) => setCommand(e.currentTarget.value)}
          />
          <datalist id="terminal-shells">
            <option value="sh" />
            <option value="bash" />
          </datalist>
        </label>
        {runs ? (
          <button type="button" class="btn small" onClick={stop}>
            {t('terminal.end')}
          </button>
        ) : (
          <button type="submit" class="btn small primary">
            {t(phase.is === 'ended' ? 'terminal.again' : 'terminal.open')}
          </button>
        )}
        <Notice phase={phase} command={ran} />
      </form>
      <div class="screen" ref={box} />
    </div>
  );
}
