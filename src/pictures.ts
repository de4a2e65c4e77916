// forward-forward/pictures: images of what a page can draw, for own data, and digits as MNIST has them.

export { imagesFrom, type PictureOptions } from './data/images/canvas-images.ts';
export { digitFromPixels } from './data/images/digit.ts';
export type { Images, Size } from './data/images/images.ts';
export { InputError } from './errors.ts';
export type { Drawable } from './platform.ts';
