// The store's contract on Elasticsearch 8.
import { contractOn } from './contract-subject.ts';

await contractOn(8);
