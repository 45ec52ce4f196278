// The last steps as a sequence diagram: one lifeline an actor, messages between them, the inspected actor's states as its bar. Pure.
import type { History, Step } from './history.ts';

interface Life {
  id: string;
  name: string;
  x: number;
  main: boolean;
}
interface Message {
  index: number;
  step: Step;
  y: number;
  from: number;
  to: number;
  label: string;
  self: boolean;
}
interface Bar {
  y: number;
  height: number;
  state: string;
}
interface Sequence {
  lives: Life[];
  messages: Message[];
  bars: Bar[];
  width: number;
  height: number;
}

const topMargin = 44;
const rowHeight = 24;
const leftMargin = 150;
const laneGap = 168;

const shortName = (id: string): string => id.split(/[/:]/).at(-1) ?? id;

/** The last `most` steps with the newest at the bottom. `nameOf` says what an actor is called. */
export function toSequence(history: History, most: number, nameOf: (id: string) => string = shortName): Sequence {
  const begin = Math.max(0, history.steps.length - most);
  const steps = history.steps.slice(begin);
  const sources: string[] = [];
  for (const s of steps)
    if (s.source && s.source !== history.actor && !sources.includes(s.source)) sources.push(s.source);
  // The inspected actor stands second: one caller at its left, the others at its right.
  const order = [...sources.slice(0, 1), history.actor, ...sources.slice(1)];
  const lives = order.map((id, i): Life => ({
    id,
    name: nameOf(id),
    x: leftMargin + i * laneGap,
    main: id === history.actor,
  }));
  const x = new Map(lives.map((l) => [l.id, l.x]));
  const own = x.get(history.actor)!;
  const messages = steps.map((step, i): Message => {
    const from = step.source ? (x.get(step.source) ?? own) : own;
    return {
      index: begin + i,
      step,
      y: topMargin + rowHeight * (i + 0.5),
      from,
      to: own,
      label: step.event,
      self: from === own,
    };
  });
  const bars: Bar[] = [];
  steps.forEach((step, i) => {
    const state = step.state[0] ?? '';
    const before = bars.at(-1);
    const y = i === 0 ? topMargin : topMargin + rowHeight * (i + 0.5);
    if (before && before.state === state) {
      before.height = topMargin + rowHeight * (i + 1) - before.y;
      return;
    }
    if (before) before.height = y - before.y;
    bars.push({ y, height: topMargin + rowHeight * (i + 1) - y, state });
  });
  return {
    lives,
    messages,
    bars,
    width: Math.max(480, leftMargin + (lives.length - 1) * laneGap + 110),
    height: topMargin + rowHeight * steps.length + 12,
  };
}
