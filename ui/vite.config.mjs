// Builds the dashboard into dist/ui: `vite build --config ui/vite.config.mjs`.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const outDir = join(here, '../dist/ui');

export default defineConfig(({ command }) => {
  // Not emptyOutDir: tsc puts the pure files that the tests import beside it.
  if (command === 'build') rmSync(join(outDir, 'assets'), { recursive: true, force: true });
  return {
    root: here,
    base: '/',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir, emptyOutDir: false, assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1600,
      target: 'es2022', cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // light-dark() stays as it is written
    },
  };
});
