// A small editor for JSON: colours, line numbers, faults under their line with their fix, readings of bytes, undo.
// One editable element whose text is exactly the text: all that is drawn besides (faults, readings) has no text of its own.
import type { VNode } from 'preact';
import type { Fault } from '../../json/faults.ts';
import { useInput } from './editor-input.ts';
import { useWriting, type WritingProps } from './editor-text.ts';

interface GutterProps {
  value: string;
  faults: readonly Fault[];
  /** Lines that differ from what is in force, from 0. */
  changed: ReadonlySet<number>;
}
interface EditorProps extends WritingProps, GutterProps {
  label: string;
}

const faultHeight = 24;

export function Editor(props: EditorProps): VNode {
  const writing = useWriting(props);
  const listeners = useInput(writing, props.faults);
  return (
    <div class="editor">
      <Gutter {...props} />
      <div
        ref={writing.host}
        class="code-edit"
        contentEditable="plaintext-only"
        role="textbox"
        aria-multiline="true"
        aria-label={props.label}
        aria-invalid={props.faults.length > 0}
        spellcheck={false}
        autocapitalize="off"
        {...listeners}
      />
    </div>
  );
}

/** The numbers of the lines; below one with faults is room for these. */
function Gutter({ value, faults, changed }: GutterProps): VNode {
  return (
    <ol class="gutter" aria-hidden="true">
      {value.split('\n').map((_, i) => {
        const own = faults.filter((f) => f.line === i).length;
        return (
          <li
            key={i}
            class={`${own > 0 ? 'bad' : ''}${changed.has(i) ? ' chg' : ''}`}
            style={own > 0 ? { paddingBottom: `${own * faultHeight}px` } : {}}
          >
            {i + 1}
          </li>
        );
      })}
    </ol>
  );
}
