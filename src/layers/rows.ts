// The rows of a batch have roles: schedules/roles.ts says which each way of learning needs, and nothing else is planned, computed or
// stored.

/** `neutral` rows are what the softmax readout sees: no weight of a layer moves by them. */
export type Role = 'positive' | 'neutral' | 'negative';

/** The rows of a batch of `images`: those of one role are neighbours, in the order of the images. */
export class BatchRows {
  readonly images: number;
  readonly count: number;
  /** Where the rows of each role begin that weights move by. */
  readonly learned: readonly number[];
  readonly #roles: readonly Role[];

  /** One row an image for each of `roles`, in their order. */
  constructor(roles: readonly Role[], images: number) {
    this.images = images;
    this.count = roles.length * images;
    this.learned = roles.flatMap((role, i) => (role === 'neutral' ? [] : [i * images]));
    this.#roles = roles;
  }

  /** Where the rows of a role begin; undefined where there are none. */
  find(role: Role): number | undefined {
    const place = this.#roles.indexOf(role);
    return place < 0 ? undefined : place * this.images;
  }

  /** The same, where the batch was planned with such rows. */
  first(role: Role): number {
    const first = this.find(role);
    if (first === undefined) throw new Error(`a batch without ${role} rows`);
    return first;
  }

  /** Where the rows begin that the softmax readout sees: positive ones where labels are no inputs. */
  get read(): number {
    return this.find('neutral') ?? this.first('positive');
  }
}
