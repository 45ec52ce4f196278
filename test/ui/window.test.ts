import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { slice } from '../../ui/window.ts';
import { toGraph } from '../../ui/chart/graph.ts';
import { toDrawing } from '../../ui/chart/drawing.ts';
void toGraph; void toDrawing;
test('x', () => { assert.is(slice(0, 32, 0, 800).end, 0); });
test.run();
