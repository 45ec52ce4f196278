// A text in which `what stands so` can be typed or copied: it is shown in mono, without the marks.
import type { VNode } from 'preact';

export const Coded = ({ text }: { text: string }): VNode => (
  <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code class="mono-s">{part}</code> : part))}</>
);
