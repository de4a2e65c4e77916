// Learns the table that its user chooses, in a browser extension, in Electron, or in any page that may run no script but those beside it: its
// folder has the package's dist/ and build/.

import { preprocess, readTable, trainModel } from './dist/standalone/index.js';

const files = { workerUrl: 'dist/page/own-data-worker.js', wasmUrl: 'build/' };
const [chooser, status] = [document.querySelector('input'), document.querySelector('p')];

chooser.addEventListener('change', async () => {
  chooser.disabled = true;
  try {
    const examples = await readTable(chooser.files[0], files);
    const data = await preprocess({ examples }, files);
    const show = ({ epoch, trainError }) => {
      status.textContent = `epoch ${epoch}: ${trainError.toFixed(1)} % wrong`;
    };
    const { model } = await trainModel(data, { ...files, onEpoch: show });
    const { answers } = await model.network.evaluate(data.test);
    status.textContent = `${answers.error.toFixed(1)} % of the rows kept for the test are wrong`;
    await model.close();
  } catch (error) {
    status.textContent = error.message;
  } finally {
    chooser.disabled = false;
  }
});
