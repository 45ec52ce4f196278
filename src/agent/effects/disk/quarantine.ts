// A file that cannot be what its name says (truncated, zeroed, foreign) is moved aside and told, never deleted and never fatal.
import { renameSync } from 'node:fs';

/** Goes into an event. */
export interface QuarantineNotice {
  /** Where it lay. */
  path: string;
  /** Where it lies now; null when it could not be moved. */
  movedTo: string | null;
  reason: string;
}

/** Moves a file aside as `<name>.bad.<ms>` in its own directory. */
export function quarantine(path: string, reason: string): QuarantineNotice {
  const movedTo = `${path}.bad.${Date.now()}`;
  try {
    renameSync(path, movedTo);
    return { path, movedTo, reason };
  } catch (error) {
    return { path, movedTo: null, reason: `${reason}; it could not be moved aside: ${(error as Error).message}` };
  }
}
