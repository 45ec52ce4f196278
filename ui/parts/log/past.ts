// Reads output of the past from the API, as far as it is shown.
import { Problem } from '../../hub/api.ts';
import { linesKept } from '../../streams/log-lines.ts';
import { chunkOf, logPath, type Past, type PastChunk } from '../../streams/log-past.ts';

/**
 * Reads until the end, or until as many lines came as are shown.
 * @returns whether there is more
 * @throws Problem what the hub refuses, in its words
 */
export async function readPast(
  id: string,
  past: Past,
  onChunk: (chunk: PastChunk) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await fetch(logPath(id, past, 'both'), { headers: { accept: 'text/event-stream' }, signal });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    throw new Problem(response.status, problem.code ?? '', problem.detail ?? response.statusText);
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let lines = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    const blocks = (text + value).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const chunk = chunkOf(block);
      if (!chunk) continue;
      lines += chunk.text.split('\n').length - 1;
      onChunk(chunk);
    }
    if (lines >= linesKept) {
      await reader.cancel();
      return true;
    }
  }
}
