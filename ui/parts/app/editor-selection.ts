// The selection in the editor's element as offsets of its text.

/** Offsets of the selection in the element's text. */
export function selectionIn(host: HTMLElement): [number, number] | null {
  const s = getSelection();
  if (!s || s.rangeCount === 0 || !host.contains(s.anchorNode)) return null;
  const range = s.getRangeAt(0);
  const before = document.createRange();
  before.selectNodeContents(host);
  before.setEnd(range.startContainer, range.startOffset);
  const from = before.toString().length;
  return [from, from + range.toString().length];
}

/** Selects from one offset of the text to another. */
export function select(host: HTMLElement, from: number, to: number): void {
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  let started = false;
  range.selectNodeContents(host);
  range.collapse(false);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent!.length;
    if (!started && from <= at + length) {
      range.setStart(node, from - at);
      started = true;
    }
    if (to <= at + length) {
      range.setEnd(node, to - at);
      break;
    }
    at += length;
  }
  const s = getSelection()!;
  s.removeAllRanges();
  s.addRange(range);
}
