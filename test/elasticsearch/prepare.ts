// Assembles the servers of both versions ahead of the tests, where the machine can; else says why not.
//   node dist/test/elasticsearch/prepare.js [--required]      with it, a machine that cannot is a failure
import { assemble, missing, versions, type Major } from './assemble.ts';
import { loadedAtOnce } from './class-archive.ts';

const why = await missing();
if (why) {
  console.log(`no Elasticsearch for the tests: ${why}`);
  if (process.argv.includes('--required')) process.exitCode = 1;
} else
  for (const major of [9, 8] satisfies Major[]) {
    const server = await assemble(major);
    await loadedAtOnce(major, server);
    console.log(`Elasticsearch ${versions[major]} is in ${server.home}`);
  }
