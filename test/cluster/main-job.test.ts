// The story on the embedded store.
import { quickTimes } from '../support/hub.ts';
import { mainJob } from './main-job-story.ts';

mainJob('main job', quickTimes);
