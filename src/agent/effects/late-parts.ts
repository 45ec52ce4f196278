// What an agent loads only where it is needed: nothing of it at its start, all of it soon after. The files that it was started from go
// away when a newer version is installed over them (`npm install`); until that one is started, programs still need these parts.
// Of the API they need nothing: it stays away, and says why (src/api/answers/problem.ts).

const calmMs = 10_000;
const parts: (() => Promise<unknown>)[] = [];

/** Loads a part when it is first asked for. It is kept here: asked again, Node looks for its file once more. */
export function latePart<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let kept: Promise<Part> | null = null;
  const part = (): Promise<Part> =>
    (kept ??= load().catch((error: unknown) => {
      kept = null;
      throw error;
    }));
  parts.push(part);
  return part;
}

/**
 * Loads all of them, one after the other, when the start is over.
 * @param done is told what failed, or null
 * @returns calls it off
 */
export function loadLateParts(done: (failure: unknown) => void): () => void {
  const load = async (): Promise<void> => {
    for (const part of parts) await part();
  };
  const timer = setTimeout(() => {
    load().then(() => done(null), done);
  }, calmMs).unref();
  return () => clearTimeout(timer);
}
