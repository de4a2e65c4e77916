// The pad that digits are drawn on, with a finger, a mouse or the keyboard.

import { digitFromPixels } from 'forward-forward/pictures';
import { SIDE } from './digits.ts';

const PEN = 20;
/** Pixels that an arrow key moves the pen by. */
const STEP = 12;

export class Pad {
  readonly #frame: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #changed: () => void;
  #pointer: number | undefined;
  #x = 140;
  #y = 60;
  #isDown = false;

  /** `frame` has the keyboard and holds the canvas; `changed` is called when there is another drawing. */
  constructor(frame: HTMLElement, changed: () => void) {
    const canvas = frame.querySelector('canvas')!;
    this.#frame = frame;
    // A screen reader has to leave the arrow keys to it.
    frame.role = 'application';
    frame.ariaLabel =
      'Drawing pad for a digit. Arrow keys move the pen, space puts it down or lifts it, Escape clears.';
    frame.tabIndex = 0;
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.#changed = changed;
    this.#wipe();
    canvas.addEventListener('pointerdown', event => this.#press(event));
    canvas.addEventListener('pointermove', event => this.#drag(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, () => {
        this.#pointer = undefined;
      });
    }
    frame.addEventListener('keydown', event => this.#type(event));
    frame.addEventListener('blur', () => this.#lift());
  }

  /** The drawing as MNIST would show it, or undefined where there is none. */
  read(): Uint8Array | undefined {
    const { width, height } = this.#canvas;
    const { data } = this.#context.getImageData(0, 0, width, height);
    const brightness = new Float32Array(width * height);
    let hasInk = false;
    for (let i = 0; i < brightness.length; i++) {
      brightness[i] = data[4 * i];
      hasInk ||= data[4 * i] > 100;
    }
    return hasInk ? digitFromPixels(brightness, width, height, 'the drawing') : undefined;
  }

  clear(): void {
    this.#wipe();
    this.#changed();
  }

  /** Shows a digit of (28, 28) bytes, where it may be drawn on. */
  show(pixels: Uint8Array): void {
    const small = new OffscreenCanvas(SIDE, SIDE);
    const image = new ImageData(SIDE, SIDE);
    for (let i = 0; i < pixels.length; i++) image.data.set([pixels[i], pixels[i], pixels[i], 255], 4 * i);
    small.getContext('2d')!.putImageData(image, 0, 0);
    this.#wipe();
    this.#context.drawImage(small, 0, 0, this.#canvas.width, this.#canvas.height);
    this.#changed();
  }

  #wipe(): void {
    this.#context.fillStyle = '#000';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #line(toX: number, toY: number): void {
    const context = this.#context;
    context.strokeStyle = '#fff';
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(this.#x, this.#y);
    context.lineTo(toX, toY);
    context.stroke();
    this.#x = toX;
    this.#y = toY;
    this.#changed();
  }

  #place(event: PointerEvent): [number, number] {
    const box = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  #press(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    [this.#x, this.#y] = this.#place(event);
    this.#line(this.#x, this.#y);
  }

  #drag(event: PointerEvent): void {
    if (event.pointerId === this.#pointer) this.#line(...this.#place(event));
  }

  #type(event: KeyboardEvent): void {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    };
    const move = moves[event.key];
    if (move) {
      const inside = (value: number) => Math.min(270, Math.max(10, value));
      const [x, y] = [inside(this.#x + move[0]), inside(this.#y + move[1])];
      if (this.#isDown) this.#line(x, y);
      [this.#x, this.#y] = [x, y];
      this.#point();
    } else if (event.key === ' ') {
      if (this.#isDown) this.#lift();
      else {
        this.#isDown = true;
        this.#line(this.#x, this.#y);
        this.#point();
      }
    } else if (event.key === 'Escape') {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  #lift(): void {
    this.#isDown = false;
    this.#point();
  }

  /** Shows where the keyboard's pen is, beside the drawing and not in it. */
  #point(): void {
    const share = (value: number) => `${((100 * value) / this.#canvas.width).toFixed(1)}%`;
    this.#frame.style.setProperty('--pen-x', share(this.#x));
    this.#frame.style.setProperty('--pen-y', share(this.#y));
    this.#frame.classList.toggle('down', this.#isDown);
  }
}
