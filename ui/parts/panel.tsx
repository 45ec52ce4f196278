// A panel: one question. Header, body, footer.
import type { ComponentChildren, VNode } from 'preact';

interface PanelProps {
  title: ComponentChildren;
  note?: ComponentChildren;
  right?: ComponentChildren;
  lined?: boolean;
  flush?: boolean;
  class?: string;
  foot?: ComponentChildren;
  children?: ComponentChildren;
  label?: string;
}

export function Panel({ title, note, right, lined, flush, class: name, foot, children, label }: PanelProps): VNode {
  return (
    <section
      class={`panel${name ? ` ${name}` : ''}`}
      aria-label={label ?? (typeof title === 'string' ? title : undefined)}
    >
      <header class={lined ? 'lined' : ''}>
        {typeof title === 'string' ? <h2>{title}</h2> : title}
        {note && <span class="small dim note">{note}</span>}
        {right && <span class="right">{right}</span>}
      </header>
      {flush ? children : <div class="body">{children}</div>}
      {foot && <footer>{foot}</footer>}
    </section>
  );
}

/** Tabs of a panel's header. `count` beside a name. */
export function Tabs<T extends string>({
  tabs,
  now,
  choose,
}: {
  tabs: { id: T; name: string; count?: number | null }[];
  now: T;
  choose: (id: T) => void;
}): VNode {
  return (
    <div class="tabs" role="tablist">
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          class="tab"
          aria-selected={tab.id === now}
          onClick={() => choose(tab.id)}
        >
          {tab.name}
          {tab.count != null && <span class="count">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}

/** One of several, as joined buttons. */
export function Choice<T extends string>({
  options,
  now,
  choose,
  label,
  small = true,
}: {
  options: { id: T; name: ComponentChildren }[];
  now: T;
  choose: (id: T) => void;
  label: string;
  small?: boolean;
}): VNode {
  return (
    <span class="btns" role="group" aria-label={label}>
      {options.map((o) => (
        <button
          key={o.id}
          type="button"
          class={`btn${small ? ' small' : ''}`}
          aria-pressed={o.id === now}
          onClick={() => choose(o.id)}
        >
          {o.name}
        </button>
      ))}
    </span>
  );
}
