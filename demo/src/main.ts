// The page: settings in, a network in a worker, and what it does drawn as it happens.

import { createNetwork, type Dataset, decodeNetwork, encodeNetwork, InputError } from 'forward-forward';
import { drawAnswers } from './answers.ts';
import { drawLines, linear, percents, short } from './chart.ts';
import { type OwnDigit, SIDE, testDigits, trainingDigits, withOwn } from './digits.ts';
import { drawFields } from './fields.ts';
import { Pad } from './pad.ts';
import { recipeOf, stateOf } from './recipe.ts';
import { formatState, parseState, type State } from './state.ts';
import { type Origin, Training } from './training.ts';

const element = <T extends Element>(id: string) => document.getElementById(id) as unknown as T;
const button = (id: string) => element<HTMLButtonElement>(id);
const settings = element<HTMLFormElement>('settings');
const table = element<HTMLTableElement>('goodness');
const seen = element<HTMLCanvasElement>('seen');

/** How often the curves and the pictures are drawn while it trains, in milliseconds. */
const DRAW_EVERY = 120;
const FIELDS_EVERY = 500;
/** Epochs that "go on" adds. */
const MORE = 2;

/** Softmax probability under which no answer is likely. */
const LIKELY = 0.5;

/** What the form asks for, which is of the next network where it differs from the one on the screen. */
let wanted: State;
let training: Training | undefined;
let drawing: Uint8Array | undefined;
const own: OwnDigit[] = [];
/** What runs from a click on, until it ends or is stopped. */
let job: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

// ----- what it says ----------------------------------------------------------------------------------------------------

/** The part of the page that a visitor looks at who has clicked there. */
type Place = 'train' | 'draw' | 'keep';

function say(text: string, place: Place = 'train'): void {
  element(place === 'train' ? 'status' : `${place}-status`).textContent = text;
}

/** Shows what is wrong until the next message there; none hides it. The one at the top is about the address. */
function tell(text: string, place?: Place): void {
  const message = element<HTMLElement>(place ? `${place}-message` : 'message');
  message.textContent = text;
  message.hidden = text === '';
}

function tellError(error: unknown, place: Place): void {
  const isOurs = error instanceof InputError;
  tell(
    isOurs ? error.message : `Something went wrong: ${error instanceof Error ? error.message : error}`,
    place,
  );
}

/** Runs what a button asks for; whatever goes wrong is told beside it. */
async function attempt(place: Place, work: () => Promise<void>): Promise<void> {
  tell('', place);
  try {
    await work();
  } catch (error) {
    tellError(error, place);
    say('', place);
  }
  showButtons();
}

/** Thrown where the visitor has stopped it. */
class Stopped extends Error {}

/** The same as `made`, or Stopped as soon as `signal` says so. */
function until<Made>(signal: AbortSignal, made: Promise<Made>): Promise<Made> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Stopped());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    made.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Runs what takes a while, which the button of the training stops from now on. */
function begin(place: Place, work: (signal: AbortSignal) => Promise<void>): void {
  const stop = new AbortController();
  const done = attempt(place, async () => {
    try {
      await work(stop.signal);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      say('Stopped before training had begun.');
      element<HTMLProgressElement>('progress').value = 0;
    } finally {
      job = undefined;
    }
  });
  job = { stop, done };
  showButtons();
}

/** Ends what runs. */
async function cancel(): Promise<void> {
  job?.stop.abort();
  await job?.done;
}

function showButtons(): void {
  const isRunning = job !== undefined;
  button('run').textContent = isRunning ? 'Stop' : 'Train';
  button('more').hidden = isRunning || !training?.hasBegun;
  button('more').textContent = `Go on, ${MORE} more epochs`;
  const examples = own.length === 1 ? '1 digit' : `${own.length} digits`;
  button('personalise').disabled = isRunning || own.length === 0;
  button('personalise').textContent =
    own.length === 0 ? 'Go on training with my digits' : `Go on training with my ${examples}`;
  showOrigin();
}

// ----- settings and the address ------------------------------------------------------------------------------------------

function readSettings(): State {
  const words = new URLSearchParams(new FormData(settings) as unknown as Record<string, string>);
  // Not in the form.
  words.set('seed', `${wanted.seed}`);
  const { state: next, complaints } = parseState(words.toString(), '');
  tell(complaints.join('. '), 'train');
  return next;
}

function showSettings(next: State): void {
  wanted = next;
  for (const [name, value] of Object.entries(next)) {
    const field = settings.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null;
    if (!field) continue;
    if (
      field instanceof HTMLSelectElement &&
      ![...field.options].some(option => option.value === `${value}`)
    ) {
      field.add(new Option(Number(value).toLocaleString('en'), `${value}`));
    }
    field.value = `${value}`;
  }
  showOrigin();
}

/** Says which network is on the screen, whether the settings are its own, and puts those that make it into the address. */
function showOrigin(): void {
  if (!training) return;
  const { origin, network, isBeyond } = training;
  const { layers } = network.recipe;
  const units = network.session.plans.map(plan => plan.units);
  const size =
    new Set(units).size === 1 ? `${layers.length} × ${units[0]} units` : `${units.join(' - ')} units`;
  const from = origin.file ? `Loaded from ${origin.file}` : 'This network';
  const images = origin.file ? '' : `, ${origin.state!.images.toLocaleString('en')} digits`;
  const more = isBeyond ? ', and what came after' : '';
  element('network').textContent =
    `${from}: ${size}, ${objectiveOf(origin)}seed ${network.seed}${images}${more}.`;
  const isOwn = origin.state !== undefined && formatState(origin.state) === formatState(wanted);
  element<HTMLElement>('changed').hidden = isOwn;
  element('changed').querySelector('span')!.textContent =
    'These settings are not those of the network below: Train makes a new one of them.';
  button('back').hidden = origin.state === undefined;
  const address = origin.file ? '' : formatState(origin.state!);
  history.replaceState(null, '', address || location.pathname + location.search);
}

function objectiveOf({ state }: Origin): string {
  if (!state) return 'with settings that this page does not have, ';
  const { objective, negatives } = state;
  return `${objective === 'symba' ? 'SymBa' : objective}, ${negatives === 'hard' ? 'tempting' : 'any'} wrong labels, `;
}

async function openAddress(): Promise<void> {
  const { state: next, complaints } = parseState(location.hash);
  await cancel();
  tell(complaints.join('. '));
  showSettings(next);
  await attempt('train', renew);
}

// ----- networks ----------------------------------------------------------------------------------------------------------

let making: Promise<void> = Promise.resolve();

/** Sees to it that the network on the screen is one as the settings say, not trained yet. */
function renew(): Promise<void> {
  // One after the other, so that the last one stays.
  making = making
    .catch(() => {})
    .then(async () => {
      const state = wanted;
      const shown = training?.origin.file === undefined ? training?.origin.state : undefined;
      if (shown && !training?.isTrained && formatState(shown) === formatState(state)) return;
      const made = createNetwork(recipeOf(state), { inputs: SIDE * SIDE, classes: 10, seed: state.seed });
      await show(new Training(await made, { state }));
    });
  return making;
}

async function show(next: Training): Promise<void> {
  const previous = training;
  training = next;
  await previous?.ended();
  await previous?.network.close();
  const { network } = next;
  const graphs = network.session.plans.map(
    ({ units }, l) => `<div><p>layer ${l + 1}, ${units} units</p><svg role="img"></svg></div>`,
  );
  element('layers').innerHTML = graphs.join('');
  element('test-error').textContent = '–';
  element('epoch').textContent = '–';
  element('speed').textContent = '–';
  element<HTMLProgressElement>('progress').value = 0;
  const threads = network.threads === 1 ? 'one thread' : `${network.threads} threads`;
  const memory = network.memoryBytes.reduce((a, b) => a + b) / 2 ** 20;
  element('machine').textContent =
    `Here: ${threads}${crossOriginIsolated ? '' : ' (this page is not cross-origin isolated)'}, ` +
    `${network.build} SIMD kernels, ${memory.toFixed(0)} MiB for this network.`;
  say('');
  showButtons();
  drawCurves();
  await drawPictures();
  await look();
}

async function train(
  signal: AbortSignal,
  data: (all: Dataset) => Promise<Dataset>,
  epochs: (done: number) => number,
): Promise<void> {
  const mine = training;
  if (!mine) return;
  const { images } = mine.origin.state ?? wanted;
  const progress = element<HTMLProgressElement>('progress');
  const fetched = trainingDigits(images, (done, of) => {
    if (signal.aborted || mine !== training) return;
    say(`Fetching digits: ${done} of ${of} files`);
    progress.value = done / of;
  });
  const all = await until(signal, fetched);
  const [digits, test] = await until(signal, Promise.all([data(all), testDigits()]));
  if (mine !== training) return;
  const { position } = mine.network;
  const goal = epochs(position.batch === 0 ? position.epoch - 1 : position.epoch);
  mine.isBeyond ||= digits !== all || goal > (mine.origin.state?.epochs ?? 0);
  showOrigin();
  const timers = [
    setInterval(() => mine === training && mine.sample() && drawCurves(goal), DRAW_EVERY),
    setInterval(() => mine === training && void drawPictures(), FIELDS_EVERY),
    setInterval(() => mine === training && void look(), FIELDS_EVERY),
  ];
  try {
    say('Training …');
    await mine.run(digits, test, goal, signal, event => {
      say(`Epoch ${event.epoch} of ${goal}: ${event.testError!.toFixed(1)} % of the test digits wrong`);
      drawCurves(goal);
    });
  } finally {
    for (const timer of timers) clearInterval(timer);
  }
  if (mine !== training) return;
  drawCurves(goal);
  await drawPictures();
  await look();
  const error = mine.testErrors.at(-1)?.[1];
  const { trainSeconds } = mine.network.position;
  if (mine.network.position.epoch <= goal) say('Stopped. “Go on” takes it up where it stands.');
  else
    say(
      `Done: ${error?.toFixed(1)} % of the test digits wrong after ${trainSeconds.toFixed(1)} s of training.`,
    );
}

// ----- what is drawn -----------------------------------------------------------------------------------------------------

function drawCurves(goal = training?.network.recipe.epochs ?? 0): void {
  if (!training) return;
  const { network, trainErrors, testErrors, positive, negative } = training;
  const { trainError, imagesPerSecond } = network.progress;
  const most = Math.max(goal, Math.ceil(training.epochs));
  const error = testErrors.at(-1)?.[1];
  drawLines(
    element('errors'),
    [
      { style: 'train-line', points: trainErrors },
      { style: 'test-line', points: testErrors, isMarked: true },
    ],
    percents,
    most,
    'epochs',
    trainErrors.length === 0
      ? 'Error: nothing yet'
      : `Error: ${trainError.toFixed(1)} percent on training digits, ${error?.toFixed(1) ?? 'not yet measured'} percent on test digits`,
  );
  for (const [l, svg] of [...element('layers').querySelectorAll('svg')].entries()) {
    const [right, wrong] = [positive[l], negative[l]].map(points => points.at(-1)?.[1] ?? 0);
    const lines = [
      { style: 'positive-line', points: positive[l] },
      { style: 'negative-line', points: negative[l] },
    ];
    drawLines(
      svg,
      lines,
      linear(lines),
      most,
      'epochs',
      `Goodness in layer ${l + 1}: ${short(right)} with the right label, ${short(wrong)} with a wrong one`,
    );
  }
  if (error !== undefined) element('test-error').textContent = `${error.toFixed(1)} %`;
  if (trainErrors.length > 0) {
    element('epoch').textContent = `${Math.min(most, Math.floor(training.epochs) + 1)} of ${most}`;
    element('speed').textContent = short(imagesPerSecond);
  }
  element<HTMLProgressElement>('progress').value = training.epochs / most;
}

let isFetching = false;

async function drawPictures(): Promise<void> {
  const mine = training;
  if (!mine || isFetching) return;
  isFetching = true;
  try {
    const weights = await mine.network.tensor('layers.0.weight');
    if (mine === training) drawFields(element('fields'), weights);
  } catch (error) {
    // A network that was closed meanwhile has nothing to show.
    if (mine === training) tellError(error, 'train');
  } finally {
    isFetching = false;
  }
}

let isLooking = false;
let isLookWanted = false;

/** Asks the network about the drawing; while one question is on its way, at most one more waits. */
async function look(): Promise<void> {
  if (isLooking) {
    isLookWanted = true;
    return;
  }
  const mine = training;
  if (!mine) return;
  isLooking = true;
  const asked = drawing;
  try {
    const evaluation = asked && (await mine.look(asked));
    if (mine !== training) return;
    drawAnswers(table, mine.network.recipe.layers.length, evaluation);
    const label = evaluation?.answers.predictions[0];
    const isLikely = evaluation !== undefined && Math.max(...evaluation.probabilities) >= LIKELY;
    const words = !mine.isTrained
      ? 'Not trained yet'
      : isLikely
        ? `It says <b>${label}</b>`
        : `Not sure, perhaps <b>${label}</b>`;
    const answer = label === undefined ? '' : words;
    element('answer').classList.toggle('unsure', !isLikely);
    if (element('answer').innerHTML !== answer) element('answer').innerHTML = answer;
  } catch (error) {
    if (mine === training) tellError(error, 'draw');
  } finally {
    isLooking = false;
    if (isLookWanted) {
      isLookWanted = false;
      void look();
    }
  }
}

function showSeen(): void {
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) image.data.set([255, 255, 255, drawing?.[i] ?? 0], 4 * i);
  seen.getContext('2d')!.putImageData(image, 0, 0);
}

// ----- what the visitor does -----------------------------------------------------------------------------------------------

const pad = new Pad(element('pad'), () => {
  drawing = pad.read();
  showSeen();
  void look();
});

settings.addEventListener('submit', event => {
  event.preventDefault();
  if (job) {
    void cancel();
    return;
  }
  begin('train', async signal => {
    say('Making the network …');
    showSettings(readSettings());
    await until(signal, renew());
    await train(
      signal,
      async all => all,
      () => training!.network.recipe.epochs,
    );
  });
});

settings.addEventListener('change', () => {
  void attempt('train', async () => {
    showSettings(readSettings());
    // Nothing is lost with a network that has learned nothing.
    if (!job && training && !training.isTrained) await renew();
  });
});

button('back').addEventListener('click', () => {
  tell('', 'train');
  if (training?.origin.state) showSettings(training.origin.state);
});

button('more').addEventListener('click', () => {
  begin('train', signal =>
    train(
      signal,
      async all => all,
      done => done + MORE,
    ),
  );
});

button('personalise').addEventListener('click', () => {
  say('', 'draw');
  begin('train', signal =>
    train(
      signal,
      all => withOwn(all, own),
      done => done + MORE,
    ),
  );
});

button('clear').addEventListener('click', () => pad.clear());
button('sample').addEventListener('click', () => {
  void attempt('draw', async () => {
    const { inputs, count } = await testDigits();
    const i = Math.floor(Math.random() * count);
    pad.show(inputs.slice(i * SIDE * SIDE, (i + 1) * SIDE * SIDE) as Uint8Array);
  });
});

for (let label = 0; label < 10; label++) {
  const teach = document.createElement('button');
  teach.type = 'button';
  teach.textContent = `${label}`;
  teach.setAttribute('aria-label', `This is a ${label}`);
  teach.addEventListener('click', () => {
    if (!drawing) {
      say('Draw a digit first.', 'draw');
      return;
    }
    own.push({ pixels: drawing, label });
    say(`Kept as a ${label}. Draw more, or go on training with them.`, 'draw');
    pad.clear();
    showButtons();
  });
  element('teach').querySelector('.labels')!.append(teach);
}

button('save').addEventListener('click', () => {
  void attempt('keep', async () => {
    if (!training) return;
    const bytes = await encodeNetwork(training.network);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes as BlobPart]));
    link.download = 'digits.safetensors';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    say(`Saved as ${link.download}, ${(bytes.length / 2 ** 20).toFixed(1)} MiB.`, 'keep');
  });
});

/** The network in a file, if it is one that this page can show. */
async function open(file: File): Promise<Training> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const network = await decodeNetwork(bytes).catch(error => {
    if (!(error instanceof InputError)) throw error;
    const reason = error.message.replace(/^the model: /, '');
    throw new InputError(
      `${file.name} cannot be loaded: ${reason}. Choose a file that this page or ff has saved.`,
    );
  });
  const { inputs, classes, recipe, seed } = network;
  const { learning } = recipe;
  const fault =
    inputs !== SIDE * SIDE || classes !== 10
      ? `is a network for ${inputs} inputs and ${classes} classes, not for digits`
      : learning.kind !== 'contrast' || learning.label.kind !== 'first'
        ? 'is a network that learned otherwise than from a label in its first pixels, which this page cannot show'
        : undefined;
  if (fault) {
    await network.close();
    throw new InputError(`${file.name} ${fault}.`);
  }
  const state = stateOf(recipe, { images: wanted.images, seed });
  return new Training(network, { file: file.name, ...(state && { state }) });
}

element<HTMLInputElement>('load').addEventListener('change', event => {
  const input = event.target as HTMLInputElement;
  const file = input.files?.[0];
  input.value = '';
  if (!file) return;
  void attempt('keep', async () => {
    say(`Loading ${file.name} …`, 'keep');
    const loaded = await open(file);
    await cancel();
    if (loaded.origin.state) showSettings(loaded.origin.state);
    await show(loaded);
    const { answers } = await loaded.network.evaluate(await testDigits());
    if (loaded !== training) return;
    element('test-error').textContent = `${answers.error.toFixed(1)} %`;
    say(`Loaded ${file.name}: ${answers.error.toFixed(1)} % of 1,000 test digits wrong.`, 'keep');
  });
});

button('share').addEventListener('click', () => {
  void attempt('keep', async () => {
    if (training?.origin.file) {
      throw new InputError('What was loaded from a file has no address: send the file.');
    }
    await navigator.clipboard.writeText(location.href);
    const more = training?.isBeyond
      ? ' It makes this network as it was after the epochs of its settings, without what came after.'
      : '';
    say(`The address is in the clipboard.${more}`, 'keep');
  });
});

window.addEventListener('hashchange', () => void openAddress());
window.addEventListener('resize', () => drawCurves());

void openAddress();
