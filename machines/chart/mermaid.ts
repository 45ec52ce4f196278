// A machine's drawing as text that Markdown shows: Mermaid `stateDiagram-v2`.
import type { Chart } from './chart.ts';

const mermaidId = (path: string): string => path.replace(/[^A-Za-z0-9]/g, '_');
const mermaidText = (text: string): string =>
  text.replace(/[:;]/g, (c) => (c === ':' ? '#58;' : '#59;')).replace(/\n/g, ' ');

const anywhere = 'any_state_of_it';

/** What stays in its state is left out; edges between the same two states are one line. */
export function toMermaid({ states, edges }: Chart): string {
  const lines = ['stateDiagram-v2'];
  const lastPart = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const write = (parent: string | null, indent: string) => {
    const children = states.filter((state) => state.parent === parent);
    const parallel = parent !== null && states.find((state) => state.path === parent)?.type === 'parallel';
    for (const [index, state] of children.entries()) {
      if (parallel && index > 0) lines.push(`${indent}--`);
      if (state.initial && !parallel) lines.push(`${indent}[*] --> ${mermaidId(state.path)}`);
      const inner = states.some((other) => other.parent === state.path);
      lines.push(`${indent}state "${lastPart(state.path)}" as ${mermaidId(state.path)}${inner ? ' {' : ''}`);
      if (inner) {
        write(state.path, `${indent}  `);
        lines.push(`${indent}}`);
      }
      if (state.type === 'final') lines.push(`${indent}${mermaidId(state.path)} --> [*]`);
    }
  };
  write(null, '  ');
  const between = new Map<string, string[]>();
  for (const { from, to, event, guard } of edges) {
    if (to === null || to === from) continue;
    const key = `  ${from === '' ? anywhere : mermaidId(from)} --> ${mermaidId(to)}`;
    between.set(key, [...(between.get(key) ?? []), `${event || 'always'}${guard ? ` [${guard}]` : ''}`]);
  }
  // What the machine hears in every state is drawn from one box that stands for them all.
  if ([...between.keys()].some((key) => key.startsWith(`  ${anywhere} `)))
    lines.push(`  state "any state" as ${anywhere}`);
  for (const [key, labels] of between) lines.push(`${key}: ${[...new Set(labels)].map(mermaidText).join('<br/>')}`);
  return `${lines.join('\n')}\n`;
}
