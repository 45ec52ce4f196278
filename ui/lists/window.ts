// Which rows of a long list are drawn. Pure arithmetic; all rows have one height.

interface Slice {
  first: number;
  /** One past the last. */
  end: number;
  /** px above the first drawn row. */
  before: number;
  after: number;
}

/** Rows in view and `overscan` more on both sides. `offset`: px of the list above the top of the view. */
export function slice(total: number, rowHeight: number, offset: number, viewHeight: number, overscan = 12): Slice {
  const first = Math.min(total, Math.max(0, Math.floor(offset / rowHeight) - overscan));
  const end = Math.max(first, Math.min(total, Math.ceil((offset + viewHeight) / rowHeight) + overscan));
  return { first, end, before: first * rowHeight, after: (total - end) * rowHeight };
}
