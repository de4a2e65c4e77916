// What chardet makes of bytes that are no UTF-8. In Node alone: it is a fifth of what a page may download for own data.

import { analyse } from 'chardet';
import type { Detector } from './text-encoding.ts';

export const detectEncodings: Detector = analyse;
