// The story on Elasticsearch.
import { masterOn } from '../../elasticsearch/master-on.ts';
import { quickTimes } from '../../support/hub.ts';
import { survival } from '../survival-story.ts';

const args = await masterOn('survival');
if (args) survival('survival on Elasticsearch', [...quickTimes, ...args]);
