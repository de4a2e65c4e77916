// A service worker: it cannot start workers, and so not train, but it can predict.

// @ts-expect-error: served, not bundled.
import * as served from '/dist/standalone/index.js';
// @ts-expect-error: served, not bundled.
import * as servedPredict from '/dist/standalone/predict.js';
import type * as Predict from '../../src/predict.ts';
import type * as Standalone from '../../src/standalone.ts';

const ff: typeof Standalone = served;
const { loadPredictor }: typeof Predict = servedPredict;

addEventListener('message', async ({ data: { model, port } }) => {
  const refused = await ff.createNetwork(ff.recipes.quick, { inputs: 60, classes: 4 }).then(
    () => 'trains',
    (error: Error) => `${error instanceof ff.InputError} ${error.message}`,
  );
  const predictor = await loadPredictor(model);
  const { label } = predictor.predict(new Uint8Array(60).fill(9));
  port.postMessage(`${refused}; it predicts ${label}`);
});
