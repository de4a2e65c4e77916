// The rows of a batch have roles. Objectives, negatives and readouts say which roles they need; nothing else is planned,
// computed or stored.

/** `neutral` rows are what the softmax readout sees: no weight of a layer moves by them. */
export type Role = 'positive' | 'neutral' | 'negative';

/** Neighbouring rows of one role: row `first` + i is of image i of the batch. */
export interface RowRange {
  readonly role: Role;
  readonly first: number;
  readonly count: number;
}

/** The rows of a batch of `images`. */
export class BatchRows {
  readonly images: number;
  readonly ranges: readonly RowRange[];
  readonly count: number;

  /** One row an image for each of `roles`, in their order. */
  constructor(roles: readonly Role[], images: number) {
    this.images = images;
    this.count = roles.length * images;
    this.ranges = roles.map((role, i) => ({ role, first: i * images, count: images }));
  }

  /** Where the rows of a role begin; undefined where there are none. */
  find(role: Role): number | undefined {
    return this.ranges.find(range => range.role === role)?.first;
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
