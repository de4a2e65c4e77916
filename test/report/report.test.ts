import { beforeAll, describe, expect, test } from 'vitest';
import type { EpochEvent } from '../../src/network/events.ts';
import { answersByClass } from '../../src/readouts/by-class.ts';
import { areaUnderCurve, histogram, overlap } from '../../src/report/histogram.ts';
import { type ReportData, renderReport } from '../../src/report/report.ts';
import { byClass } from '../support/answers.ts';
import { checkBalance, checkEntities, checkReport, withoutImages } from '../support/markup.ts';

const digits = Array.from({ length: 10 }, (_, i) => String(i));

function epochs(count: number, layers: number): EpochEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    event: 'epoch',
    epoch: i + 1,
    epochs: count,
    trainSeconds: 3.5 * (i + 1),
    imagesPerSecond: 12000 + i,
    positiveGoodness: Array.from({ length: layers }, (_, l) => 3 + l - 1 / (i + 1)),
    negativeGoodness: Array.from({ length: layers }, (_, l) => 1 + l / (i + 1)),
    density: Array.from({ length: layers }, () => 0.2),
    activeRows: Array.from({ length: layers }, () => 0.6),
    trainError: 10 / (i + 1),
    testError: 2 + 10 / (i + 1),
  }));
}

// 500 right per class, and 3 + label of each class read as the next one.
function scored(classes: number) {
  const confusion = Array.from({ length: classes }, (_, label) =>
    Array.from({ length: classes }, (_, p) =>
      p === label ? 500 : p === (label + 1) % classes ? 3 + label : 0,
    ),
  );
  return { error: 1.5, byClass: byClass(confusion) };
}

function layer(units: number, examples: number) {
  return {
    units,
    threshold: 2,
    positive: Float32Array.from({ length: examples }, (_, i) => 2 + Math.sin(i) + (i % 7) / 3),
    negative: Float32Array.from({ length: examples }, (_, i) => 1 + Math.cos(i) + (i % 5) / 5),
  };
}

function data(change: Partial<ReportData> = {}): ReportData {
  return {
    title: 'quick on mnist',
    settings: [['layers', '784 × 500 × 500']],
    machine: [['threads', '2']],
    classNames: digits,
    epochs: epochs(12, 2),
    data: ['examples with their true label', 'examples with a wrong one'],
    readouts: [
      { kind: 'goodness', ...scored(10) },
      { kind: 'softmax', ...scored(10), error: 1.7 },
    ],
    layers: [layer(500, 300), layer(500, 300)],
    fields: {
      height: 4,
      width: 5,
      units: [Float32Array.from({ length: 20 }, (_, i) => i - 10), new Float32Array(20)],
      caption: 'two units',
    },
    mistakes: [mistake(10), { ...mistake(10), index: 78, label: 4 }],
    shape: [4, 5],
    ...change,
  };
}

/** Of a network that learns from hybrids. */
function unlabelled(): ReportData {
  return data({
    data: ['real images', 'hybrids of two images'],
    readouts: [{ kind: 'softmax', ...scored(10) }],
    layers: [{ units: 500, threshold: 2 }, { units: 500 }],
    mistakes: [{ ...mistake(10), goodness: [] }],
  });
}

/** Of layers that tell the classes apart, without anything negative. */
function byClasses(): ReportData {
  const { data: _, ...rest } = data({
    epochs: epochs(12, 2).map(event => ({ ...event, negativeGoodness: [] })),
    readouts: [{ kind: 'layers', ...scored(10) }],
    layers: [layer(500, 300), layer(500, 300)].map(({ threshold: __, ...bare }) => bare),
  });
  return rest;
}

function mistake(classes: number) {
  return {
    index: 77,
    pixels: Uint8Array.from({ length: 20 }, (_, i) => i * 12),
    label: 0,
    predicted: 1,
    confidence: 0.99999,
    goodness: Array.from({ length: classes }, (_, i) => 5 + (i % 3)),
  };
}

/** Edge cases which a finished, a broken or an unusual training can bring about. */
function edgeCases(): Record<string, ReportData> {
  const nan = Number.NaN;
  const diverged = epochs(5, 2).map(event => ({
    ...event,
    positiveGoodness: [nan, Infinity],
    negativeGoodness: [nan, -Infinity],
    density: [nan, nan],
    trainError: nan,
    testError: nan,
    imagesPerSecond: Infinity,
    trainSeconds: nan,
  }));
  const { fields: _fields, shape: _shape, ...plain } = data();
  const { threshold: _threshold, ...bare } = layer(10, 50);
  const classes = (count: number) => ({
    classNames: Array.from({ length: count }, (_, i) => String.fromCharCode(65 + i)),
    readouts: [
      { kind: 'goodness', ...scored(count) },
      { kind: 'softmax', ...scored(count) },
    ] as const,
    mistakes: [mistake(count)],
  });
  return {
    ordinary: data(),
    'an image of red, green and blue': data({
      shape: [2, 3, 3],
      fields: {
        height: 2,
        width: 3,
        channels: 3,
        units: [Float32Array.from({ length: 18 }, (_, i) => i - 9), new Float32Array(18)],
        caption: 'in colour',
      },
      mistakes: [{ ...mistake(10), pixels: Uint8Array.from({ length: 18 }, (_, i) => i) }],
    }),
    'no epochs': data({ epochs: [] }),
    'one epoch': data({ epochs: epochs(1, 2) }),
    'many epochs': data({ epochs: epochs(1000, 2) }),
    'resumed run': data({ epochs: epochs(30, 2).slice(20) }),
    'no test error': data({ epochs: epochs(4, 2).map(({ testError: _, ...event }) => event) }),
    'validation error': data({ epochs: epochs(4, 2).map(event => ({ ...event, validationError: 3 })) }),
    'errors of zero': data({
      epochs: epochs(4, 2).map(event => ({ ...event, trainError: 0, testError: 0 })),
    }),
    'an error next to zero': data({ epochs: epochs(4, 2).map(e => ({ ...e, trainError: 5e-324 })) }),
    'errors falling to zero': data({ epochs: epochs(4, 2).map((e, i) => ({ ...e, trainError: 3 - i })) }),
    'nearly constant goodness': data({
      epochs: epochs(4, 2).map((e, i) => ({ ...e, positiveGoodness: [1e6 + i * 1e-9, -3] })),
    }),
    diverged: data({ epochs: diverged }),
    'diverged once': data({ epochs: [...epochs(3, 2), ...diverged.slice(3)] }),
    'no labels in the input': unlabelled(),
    'nothing negative': byClasses(),
    'no layers': data({ layers: [], epochs: epochs(3, 0) }),
    'one layer': data({ layers: [layer(10, 50)], epochs: epochs(3, 1) }),
    'no threshold': data({ layers: [bare] }),
    'distant threshold': data({ layers: [{ ...layer(10, 50), threshold: 1e9 }] }),
    'no examples': data({ layers: [layer(10, 0)] }),
    'constant goodness': data({
      layers: [
        { units: 5, threshold: 0, positive: new Float32Array(9), negative: new Float32Array(9) },
        { units: 5, positive: new Float32Array(9).fill(1e30), negative: new Float32Array(9).fill(1e30) },
      ],
    }),
    'goodness not finite': data({
      layers: [
        { units: 5, positive: Float32Array.of(1, nan, Infinity), negative: Float32Array.of(-Infinity, 0, 2) },
        { units: 5, positive: new Float32Array(3).fill(nan), negative: new Float32Array(3).fill(nan) },
      ],
    }),
    'no mistakes': data({ mistakes: [] }),
    'mistake without goodness': data({
      mistakes: [
        { ...mistake(10), goodness: [] },
        { ...mistake(10), goodness: [nan, 1, Infinity], confidence: nan },
        { ...mistake(10), goodness: [3, 3, 3] },
      ],
    }),
    'no image': plain,
    'weights not finite': data({
      fields: { height: 1, width: 3, units: [Float32Array.of(nan, Infinity, 1)], caption: '' },
    }),
    'no units': data({ fields: { height: 2, width: 2, units: [], caption: '' } }),
    'two classes': data(classes(2)),
    '26 classes': data(classes(26)),
    'long names': data({ classNames: digits.map(digit => `Ankle boot with number ${digit}`) }),
    'names missing': data({ classNames: [] }),
    'empty confusion': data({
      readouts: [
        { kind: 'goodness', error: nan, byClass: [] },
        { kind: 'softmax', error: 100, byClass: byClass(digits.map(() => digits.map(() => 0))) },
      ],
    }),
    'no settings': data({ settings: [], machine: [] }),
  };
}

describe.each(Object.entries(edgeCases()))('report with %s', (_, report) => {
  let html = '';
  beforeAll(() => {
    html = withoutImages(renderReport(report));
  });

  test('shows only numbers that are numbers', () => {
    expect(html).not.toMatch(/\bNaN\b|undefined|Infinity|∞|\[object|null/);
  });

  test('is well-formed', () => {
    const style = /<style>.*<\/style>/s;
    const markup = html.replace('<!doctype html>', '').replace(style, '');
    checkBalance(markup);
    checkEntities(markup);
    for (const [svg] of html.matchAll(/<svg.*?<\/svg>/gs)) checkBalance(svg);
  });

  test('loads nothing', () => {
    expect(html).not.toMatch(/https?:\/\/|<script|<link|@import|url\(/);
    for (const [, source] of html.matchAll(/\b(?:src|href)="([^"]*)"/g)) expect(source).toBe('data:');
  });
});

test('the balance check notices what is not well-formed', () => {
  for (const wrong of ['<a><b></a></b>', '<a>', '</a>', '<a b=c></a>', '<a b="<"></a>', '1 < 2']) {
    expect(() => checkBalance(wrong)).toThrow();
  }
  expect(() => checkEntities('a & b')).toThrow();
});

test('escapes every string', () => {
  const evil = `<script>alert("1")</script>'&`;
  const html = renderReport(
    data({
      title: evil,
      settings: [[evil, evil]],
      machine: [[evil, evil]],
      classNames: digits.map(() => evil),
      fields: { height: 1, width: 1, units: [Float32Array.of(1)], caption: evil },
    }),
  );
  expect(html).not.toContain('<script');
  expect(html).not.toContain('alert("');
  expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
});

test('headline names the better readout and counts its errors', () => {
  const wrong = [0, 1, ...new Array<number>(8).fill(0)];
  const better = {
    kind: 'softmax',
    error: 0.5,
    byClass: byClass([[199, ...wrong.slice(1)], ...wrong.slice(1).map(() => [])]),
  } as const;
  const html = renderReport(data({ readouts: [data().readouts[0], better] }));
  expect(html).toContain('<p class="big">0.50<span>');
  expect(html).toContain('test error by the softmax readout: 1 of 200 test examples read wrong.');
  expect(html).toContain('Of the 200 test examples, <b class="wrong">1</b> is read wrong.');
  expect(html).toContain('<b>1.50\u00a0%</b>');
  expect(renderReport(data())).toContain('test error by the goodness readout');
});

test('speaks of hybrids, and of no goodness of labels, where the network is given none', () => {
  const html = renderReport(unlabelled());
  expect(html).toMatch(/much goodness \(strong activity\) to real images\s/);
  expect(html).toMatch(/little to hybrids of two images\s/);
  expect(html).not.toMatch(/true label|wrong label|right label|label as input/i);
  expect(html).not.toMatch(/goodness readout/i);
  expect(html).toContain('<b>Layer 1</b> <span>500 units</span>');
  const backprop = renderReport({ ...unlabelled(), epochs: epochs(3, 0) });
  expect(backprop).not.toContain('Goodness over time');
});

test('speaks of log probabilities, and of nothing negative, where layers tell the classes apart', () => {
  const html = renderReport(byClasses());
  expect(html).toContain('test error by all layers together');
  expect(html).toContain('Log probability over time');
  expect(html.replace(/<style>.*<\/style>|class="[^"]*"/gs, '')).not.toMatch(
    /goodness|softmax|negative,|every label|shown to the trained network twice/i,
  );
  expect(html).toMatch(/the true label has more log probability in/);
});

test('of many classes, those with the most mistakes are shown, and what they are read as', () => {
  const classes = 1000;
  const labels = Uint16Array.from({ length: 4000 }, (_, i) => i >> 2);
  // Class 7 is wrong three times of four, 70 others once.
  const wrongs: Record<number, number> = { 28: 9, 29: 9, 30: 11 };
  const predictions = labels.map((label, i) => wrongs[i] ?? (i % 4 === 0 && label % 14 === 1 ? 999 : label));
  const readout = (kind: 'layers' | 'softmax') => ({
    kind,
    error: 2,
    byClass: answersByClass(labels, predictions, classes),
  });
  const html = renderReport(
    data({
      classNames: Array.from({ length: classes }, (_, i) => `kind ${i}`),
      readouts: [readout('layers'), readout('softmax')],
      mistakes: Array.from({ length: 24 }, () => ({ ...mistake(classes), label: 7, predicted: 9 })),
    }),
  );
  checkReport(html);
  expect(html.length).toBeLessThan(200_000);
  const rows = [...html.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(\d of \d)<\/td>/g)];
  expect(rows).toHaveLength(2 * 40);
  expect(rows[0].slice(1)).toEqual(['kind 7', '3 of 4']);
  expect(html).toContain('<td class="taken">kind 9 (2\u00a0×), kind 11 (1\u00a0×)</td>');
  expect(html).toContain('40 of 1,000 classes, those with the most mistakes; 927 have none');
  expect(html).toMatch(/75 of 4,000 test examples read wrong/);
  const card = html.slice(
    html.indexOf('<ol class="mistakes">'),
    html.indexOf('</li>', html.indexOf('<ol class="mistakes">')),
  );
  expect(card.match(/class="bar /g)).toHaveLength(12);
  expect(card).toContain('class="bar true"');
  expect(card).toContain('class="bar wrong"');
});

test('confusion cells show their counts and rows their error', () => {
  const html = renderReport(data());
  const table = html.slice(html.indexOf('<table class="confusion'), html.indexOf('</table>'));
  const rows = [...table.matchAll(/<tr><th scope="row">.*?<\/tr>/gs)].map(([row]) => row);
  expect(rows).toHaveLength(10);
  rows.forEach((row, label) => {
    const cells = [...row.matchAll(/<td class="(?:right|wrong|zero)[^>]*>([^<]*)</g)].map(([, text]) => text);
    const expected = digits.map((_, predicted) => {
      if (predicted === label) return '500';
      return predicted === (label + 1) % 10 ? String(3 + label) : '·';
    });
    expect(cells).toEqual(expected);
    expect(row).toContain(`${(((3 + label) / (503 + label)) * 100).toFixed(2)}\u00a0%`);
  });
  expect(html).toContain('<b class="true">9</b> read as <b class="wrong">0</b> <span>12 ×</span>');
});

test('mistakes show picture, labels and a bar for each label', () => {
  const html = renderReport(data());
  const list = html.slice(html.indexOf('<ol class="mistakes">'), html.indexOf('</ol>'));
  expect(list.match(/<li>/g)).toHaveLength(2);
  expect(list.match(/<img src="data:image\/png;base64,/g)).toHaveLength(2);
  expect(list.match(/<rect class="bar/g)).toHaveLength(20);
  expect(list.match(/<rect class="bar true"/g)).toHaveLength(2);
  expect(list).toContain('&gt;\u00a099.9\u00a0%\u00a0sure');
});

test('histograms count every finite example once', () => {
  const positive = Float32Array.from({ length: 1000 }, (_, i) => (i === 7 ? 1e6 : Math.sin(i) * 3));
  const negative = Float32Array.from({ length: 800 }, (_, i) => (i === 9 ? Number.NaN : Math.cos(i) - 2));
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  const counts = histogram(positive, negative, 2);
  expect(sum(counts.positive)).toBe(1000);
  expect(sum(counts.negative)).toBe(799);
  expect(counts.high).toBeLessThan(10);
  const constant = histogram(new Float32Array(40).fill(3), new Float32Array(30).fill(3));
  expect(sum(constant.positive)).toBe(40);
  expect(sum(constant.negative)).toBe(30);
  const html = renderReport(data({ layers: [layer(5, 300)] }));
  const bars = [
    ...html.matchAll(/<title>Goodness [^:]*: ([\d,]+) of the true label, ([\d,]+) of a wrong one</g),
  ];
  expect(sum(bars.map(([, count]) => Number(count)))).toBe(300);
  expect(sum(bars.map(([, , count]) => Number(count)))).toBe(300);
});

test('area under the curve and overlap agree with counting by hand', () => {
  expect(areaUnderCurve(Float32Array.of(3, 1, 2), Float32Array.of(2, 0))).toBeCloseTo(4.5 / 6, 12);
  expect(areaUnderCurve(Float32Array.of(1, 1), Float32Array.of(1))).toBe(0.5);
  expect(areaUnderCurve(Float32Array.of(Number.NaN), Float32Array.of(1))).toBeUndefined();
  expect(overlap({ low: 0, high: 2, positive: [1, 3], negative: [8, 8] })).toBeCloseTo(0.75, 12);
  expect(overlap({ low: 0, high: 2, positive: [4, 0], negative: [0, 9] })).toBe(0);
});

test('stays below 1 MB with 10 layers and 10,000 examples', () => {
  const noise = (seed: number) =>
    Float32Array.from({ length: 784 }, (_, i) => Math.sin((i + 1) * (seed + 1.3) * 12.9));
  const html = renderReport(
    data({
      epochs: epochs(1000, 10),
      layers: Array.from({ length: 10 }, () => layer(2000, 10000)),
      fields: { height: 28, width: 28, units: Array.from({ length: 120 }, (_, i) => noise(i)), caption: '' },
      mistakes: Array.from({ length: 200 }, () => mistake(10)),
    }),
  );
  expect(Buffer.byteLength(html)).toBeLessThan(1e6);
});
