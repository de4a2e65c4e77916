// Images less much of what neighbouring pixels share: each value less a share of the mean around it, as cells of the retina have it. In photographs
// most of a value tells what those around it tell, too; of what is left, layers learn sooner.

/** Sizes of an image. */
type Sizes = Readonly<Record<'height' | 'width' | 'channels', number>>;

/** Room for one image of a size, so that none is made for each. */
export class LocalContrast {
  /** (height, width, channels) */
  readonly #values: Float32Array;
  readonly #height: number;
  readonly #width: number;
  readonly #channels: number;
  /** Pixels from one to the farthest that are around it, up, down, left and right. */
  readonly #reach: number;
  readonly #share: number;
  /** Sums of a column of pixels each, with the outermost ones again beyond the sides. */
  readonly #columns: Float64Array;

  /** `share` of the mean of `size` · `size` pixels, of which each is the middle, is taken from it; `size` is odd. */
  constructor({ height, width, channels }: Sizes, size: number, share: number) {
    this.#values = new Float32Array(height * width * channels);
    this.#height = height;
    this.#width = width;
    this.#channels = channels;
    this.#reach = (size - 1) / 2;
    this.#share = share;
    this.#columns = new Float64Array((width + size - 1) * channels);
  }

  /** What is left of means that are taken from each channel; undefined: of none. */
  ofMeans<Means extends readonly number[] | 'image' | undefined>(means: Means): Means | number[] {
    return typeof means === 'object' ? means.map(mean => (1 - this.#share) * mean) : means;
  }

  /**
   * What is left of the image whose values begin at `from`, (height, width, channels) and in their units, until another is asked for. Beyond its
   * sides lie its outermost pixels again.
   */
  of(inputs: ArrayLike<number>, from: number): Float32Array {
    const [values, columns, channels] = [this.#values, this.#columns, this.#channels];
    const [reach, share] = [this.#reach, this.#share];
    const area = (2 * reach + 1) ** 2;
    const row = this.#width * channels;
    const window = (2 * reach + 1) * channels;
    for (let y = 0; y < this.#height; y++) {
      this.#sumColumns(inputs, from, y);
      const to = y * row;
      for (let k = 0; k < row; k++) {
        let sum = 0;
        for (let place = k; place < k + window; place += channels) sum += columns[place];
        // In this order, nothing is left of what is the same all around.
        values[to + k] = inputs[from + to + k] - share * (sum / area);
      }
    }
    return values;
  }

  #sumColumns(inputs: ArrayLike<number>, from: number, y: number): void {
    const [columns, channels, reach] = [this.#columns, this.#channels, this.#reach];
    const last = this.#height - 1;
    const row = this.#width * channels;
    const beyond = reach * channels;
    columns.fill(0, beyond, beyond + row);
    for (let other = y - reach; other <= y + reach; other++) {
      const first = from + Math.min(Math.max(other, 0), last) * row;
      for (let k = 0; k < row; k++) columns[beyond + k] += inputs[first + k];
    }
    for (let k = 0; k < beyond; k++) {
      columns[k] = columns[beyond + (k % channels)];
      columns[beyond + row + k] = columns[row + beyond - channels + (k % channels)];
    }
  }
}
