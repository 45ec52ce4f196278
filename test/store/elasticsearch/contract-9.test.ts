// The store's contract on Elasticsearch 9.
import { contractOn } from './contract-subject.ts';

await contractOn(9);
