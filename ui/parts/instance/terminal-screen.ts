// The screen of a terminal: xterm.js in the colours of the page, as large as its box.
import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { colourOf } from '../../look/colour.ts';
import type { Size } from '../../streams/terminal-line.ts';
import { allowStyleTexts } from './strict-styles.ts';

const scrollbackLines = 5000;

/** The sixteen colours of programs, by the tokens that mean about the same; the contrast is kept by xterm.js. */
const tokens = {
  background: '--sunken',
  foreground: '--text',
  cursor: '--accent',
  cursorAccent: '--sunken',
  selectionBackground: '--accent-tint',
  black: '--line-2',
  red: '--broke',
  green: '--well',
  yellow: '--warn',
  blue: '--accent',
  magenta: '--end',
  cyan: '--move',
  white: '--text-2',
  brightBlack: '--text-3',
  brightRed: '--broke-word',
  brightGreen: '--well-word',
  brightYellow: '--warn-word',
  brightBlue: '--accent',
  brightMagenta: '--end-word',
  brightCyan: '--move-word',
  brightWhite: '--text',
} satisfies Partial<Record<keyof ITheme, string>>;

const colours = (): ITheme =>
  Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, colourOf(token)]));

export interface Screen {
  size: () => Size;
  write: (bytes: Uint8Array, drawn: () => void) => void;
  focus: () => void;
  clear: () => void;
  /** Reads the colours again. */
  recolour: () => void;
  /** Whether what is typed goes anywhere. */
  listen: (on: boolean) => void;
  dispose: () => void;
}

interface ScreenListener {
  typed: (text: string | Uint8Array) => void;
  resized: (size: Size) => void;
  /** The keyboard wants to go on to what comes after the terminal. */
  leave: () => void;
}

export function openScreen(box: HTMLElement, label: string, { typed, resized, leave }: ScreenListener): Screen {
  allowStyleTexts();
  const style = getComputedStyle(document.documentElement);
  const terminal = new Terminal({
    fontFamily: style.getPropertyValue('--mono'),
    fontSize: 12,
    lineHeight: 1.25,
    scrollback: scrollbackLines,
    minimumContrastRatio: 4.5,
    theme: colours(),
    disableStdin: true,
    macOptionIsMeta: true,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(box);
  terminal.textarea?.setAttribute('aria-label', label);
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.key !== 'F6' || !event.ctrlKey) return true;
    if (event.type === 'keydown') leave();
    return false;
  });
  terminal.onData(typed);
  terminal.onBinary((text) => typed(Uint8Array.from(text, (byte) => byte.charCodeAt(0))));
  terminal.onResize(({ rows, cols }) => resized({ rows, cols }));
  fit.fit();
  let frame = 0;
  const observer = new ResizeObserver(() => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      fit.fit();
    });
  });
  observer.observe(box);
  return {
    size: () => ({ rows: terminal.rows, cols: terminal.cols }),
    write: (bytes, drawn) => terminal.write(bytes, drawn),
    focus: () => terminal.focus(),
    clear: () => terminal.reset(),
    recolour: () => {
      terminal.options.theme = colours();
    },
    listen: (on) => {
      terminal.options.disableStdin = !on;
      terminal.options.cursorInactiveStyle = on ? 'outline' : 'none';
    },
    dispose: () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      terminal.dispose();
    },
  };
}
