// The story on the embedded store.
import { quickTimes } from '../support/hub.ts';
import { survival } from './survival-story.ts';

survival('survival', quickTimes);
