// Clauses of the query language that mean exactly one name. A term also matches values that hold its words ("web" is a word
// of "web-2"); a range from a name to itself holds only that name.

/** `field` has exactly this value. */
export const exactly = (field: string, value: string): string => {
  const quoted = `"${value.replace(/["\\]/g, '\\$&')}"`;
  return `${field}:[${quoted} TO ${quoted}]`;
};

/** Both: what a person asked, and a clause of ours. A blank query and `*` are everything. */
export const narrowed = (query: string, clause: string): string =>
  query.trim() === '' || query.trim() === '*' ? clause : `(${query}) AND ${clause}`;
