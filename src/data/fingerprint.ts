// By what data are known again.

export interface Fingerprint {
  /** What they were called; the same data may be called otherwise. */
  readonly name: string;
  readonly count: number;
  readonly width: number;
  readonly classes: number;
  /** Of all that training sees of them, in hexadecimal digits. */
  readonly sha256: string;
}
