// The story on the embedded store.
import { calmTimes } from '../support/hub.ts';
import { mainJob } from './main-job-story.ts';

mainJob('main job', calmTimes);
