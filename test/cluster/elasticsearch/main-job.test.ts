// The story on Elasticsearch.
import { masterOn } from '../../elasticsearch/master-on.ts';
import { calmTimes } from '../../support/hub.ts';
import { mainJob } from '../main-job-story.ts';

const args = await masterOn('main-job');
if (args) mainJob('main job on Elasticsearch', [...calmTimes, ...args]);
