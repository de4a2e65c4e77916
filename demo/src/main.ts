// The page: settings in, a network in a worker, and what it does drawn as it happens.

import { createNetwork, type Dataset, decodeNetwork, encodeNetwork, InputError } from 'forward-forward';
import { drawAnswers } from './answers.ts';
import { drawLines, linear, percents, short } from './chart.ts';
import { type OwnDigit, SIDE, testDigits, trainingDigits, withOwn } from './digits.ts';
import { drawFields } from './fields.ts';
import { Pad } from './pad.ts';
import { recipeOf } from './recipe.ts';
import { formatState, parseState, type State } from './state.ts';
import { Training } from './training.ts';

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

let state: State;
let training: Training | undefined;
let drawing: Uint8Array | undefined;
const own: OwnDigit[] = [];

// ----- what it says ----------------------------------------------------------------------------------------------------

function say(text: string): void {
  element('status').textContent = text;
}

/** Shows a message at the top until the next one; none hides it. */
function tell(text: string): void {
  const message = element<HTMLElement>('message');
  message.textContent = text;
  message.hidden = text === '';
}

/** Runs what a button asks for; whatever goes wrong is told. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isOurs = error instanceof InputError;
    tell(isOurs ? error.message : `Something went wrong: ${error instanceof Error ? error.message : error}`);
    say('');
  }
  showButtons();
}

function showButtons(): void {
  const isRunning = training?.isRunning ?? false;
  button('run').textContent = isRunning ? 'Stop' : 'Train';
  const position = training?.network.position;
  button('more').hidden = isRunning || !position || (position.epoch === 1 && position.batch === 0);
  button('more').textContent = `Go on, ${MORE} more epochs`;
  const examples = own.length === 1 ? '1 digit' : `${own.length} digits`;
  button('personalise').disabled = isRunning || own.length === 0;
  button('personalise').textContent =
    own.length === 0 ? 'Go on training with my digits' : `Go on training with my ${examples}`;
}

// ----- settings and the address ------------------------------------------------------------------------------------------

function readSettings(): State {
  const words = new URLSearchParams(new FormData(settings) as unknown as Record<string, string>);
  // Not in the form.
  words.set('seed', `${state.seed}`);
  const { state: next, complaints } = parseState(words.toString());
  tell(complaints.join('. '));
  return next;
}

function showSettings(next: State): void {
  state = next;
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
}

function openAddress(): void {
  const { state: next, complaints } = parseState(location.hash);
  tell(complaints.join('. '));
  showSettings(next);
  void attempt(renew);
}

// ----- networks ----------------------------------------------------------------------------------------------------------

/** A new network as the settings say, not trained yet. */
async function renew(): Promise<void> {
  const made = createNetwork(recipeOf(state), { inputs: SIDE * SIDE, classes: 10, seed: state.seed });
  await show(new Training(await made));
}

async function show(next: Training): Promise<void> {
  const previous = training;
  training = next;
  await previous?.stop();
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
    `${network.session.build} SIMD kernels, ${memory.toFixed(0)} MiB for this network.`;
  showButtons();
  drawCurves();
  await drawPictures();
  await look();
}

async function train(
  data: (all: Dataset) => Promise<Dataset>,
  epochs: (done: number) => number,
): Promise<void> {
  const mine = training;
  if (!mine) return;
  const count = state.images;
  const all = await trainingDigits(count, (done, of) => say(`Fetching digits: ${done} of ${of} files`));
  const [digits, test] = [await data(all), await testDigits()];
  if (mine !== training || mine.isRunning) return;
  const { position } = mine.network;
  const goal = epochs(position.batch === 0 ? position.epoch - 1 : position.epoch);
  const timers = [
    setInterval(() => mine === training && mine.sample() && drawCurves(goal), DRAW_EVERY),
    setInterval(() => mine === training && void drawPictures(), FIELDS_EVERY),
    setInterval(() => mine === training && void look(), FIELDS_EVERY),
  ];
  try {
    say('Training …');
    const running = mine.run(digits, test, goal, event => {
      say(`Epoch ${event.epoch} of ${goal}: ${event.testError!.toFixed(1)} % of the test digits wrong`);
      drawCurves(goal);
    });
    showButtons();
    await running;
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

function drawCurves(goal = state.epochs): void {
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
    if (mine === training) throw error;
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
    drawAnswers(table, mine.network.session.recipe.layers.length, evaluation);
    const label = evaluation?.answers.predictions[0];
    const answer = label === undefined ? '' : `It says <b>${label}</b>`;
    if (element('answer').innerHTML !== answer) element('answer').innerHTML = answer;
  } catch (error) {
    if (mine === training) throw error;
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
  void attempt(async () => {
    if (training?.isRunning) {
      await training.stop();
      return;
    }
    showSettings(readSettings());
    history.replaceState(null, '', formatState(state) || location.pathname + location.search);
    await renew();
    await train(
      async all => all,
      () => state.epochs,
    );
  });
});

settings.addEventListener('change', () => {
  const next = readSettings();
  showSettings(next);
  history.replaceState(null, '', formatState(next) || location.pathname + location.search);
});

button('more').addEventListener('click', () => {
  void attempt(() =>
    train(
      async all => all,
      done => done + MORE,
    ),
  );
});

button('personalise').addEventListener('click', () => {
  void attempt(() =>
    train(
      all => withOwn(all, own),
      done => done + MORE,
    ),
  );
});

button('clear').addEventListener('click', () => pad.clear());
button('sample').addEventListener('click', () => {
  void attempt(async () => {
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
      say('Draw a digit first.');
      return;
    }
    own.push({ pixels: drawing, label });
    say(`Kept as a ${label}. Draw more, or go on training with them.`);
    pad.clear();
    showButtons();
  });
  element('teach').querySelector('.labels')!.append(teach);
}

button('save').addEventListener('click', () => {
  void attempt(async () => {
    if (!training) return;
    const bytes = await encodeNetwork(training.network);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes as BlobPart]));
    link.download = 'digits.safetensors';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
});

element<HTMLInputElement>('load').addEventListener('change', event => {
  const input = event.target as HTMLInputElement;
  const file = input.files?.[0];
  input.value = '';
  if (!file) return;
  void attempt(async () => {
    tell('');
    const network = await decodeNetwork(new Uint8Array(await file.arrayBuffer()));
    const { inputs, classes, recipe, plans } = network.session;
    if (inputs !== SIDE * SIDE || classes !== 10) {
      await network.close();
      throw new InputError(
        `${file.name} is a network for ${inputs} inputs and ${classes} classes, not for digits`,
      );
    }
    const { learning } = recipe;
    if (learning.kind !== 'contrast' || learning.label.kind !== 'first') {
      await network.close();
      throw new InputError(
        `${file.name} is a network that learned otherwise than from a label in its first pixels, which this page cannot show`,
      );
    }
    await show(new Training(network));
    say(`Loaded ${file.name}: ${recipe.name}, ${plans.map(({ units }) => units).join(' - ')}.`);
  });
});

button('share').addEventListener('click', () => {
  void attempt(async () => {
    await navigator.clipboard.writeText(location.href);
    say('The address is in the clipboard.');
  });
});

window.addEventListener('hashchange', openAddress);
window.addEventListener('resize', () => drawCurves());

openAddress();
